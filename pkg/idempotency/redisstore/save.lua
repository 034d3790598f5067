-- What every script ends with that has not answered yet: the record is written with what those variables are now, and with these that
-- the script has set: its front, what follows its back, in how many milliseconds Redis may drop it, or false if that stays as it is,
-- and what to answer.
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
  -- There is always room for less.
  redis.call('DEL', key)
  return answer
end
return FULL
