-- The end of every script that has not answered yet: it writes the record. The script has set its front, the rest that
-- follows its back, the ttl in milliseconds after which Redis may drop it, or false to leave that as it is, and the
-- answer.
local back = struct.pack('>ddddc1', token, leased, expires, window, state)
local set
if ttl then
  set = redis.pcall('SET', key, front .. back .. back .. rest, 'PX', ttl)
else
  set = redis.pcall('SET', key, front .. back .. back .. rest, 'KEEPTTL')
end
if set.ok then
  return answer
elseif not string.find(set.err, 'OOM', 1, true) then
  return set
elseif state == 'r' then
  -- A deletion needs no room.
  redis.call('DEL', key)
  return answer
end
return FULL
