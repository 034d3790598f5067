-- ARGV: clock, token. The record stays a little while, empty, so that the next token is greater even if the clock is set back.
if wrong then
  return wrong
end
if not held or token ~= tonumber(ARGV[2]) then
  return LOST
end
state, rest = 'r', ''
local answer = save()
if answer == FULL then
  -- There is always room for less.
  redis.call('DEL', key)
  return OK
end
return answer
