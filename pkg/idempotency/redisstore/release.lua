-- ARGV: clock and token. An empty record stays for a minute, so that the next token is greater even if the clock is set
-- back.
if wrong then
  return wrong
end
if not value or expires <= now or token ~= first or state == 'd' or state == 'r' then
  return LOST
end
state = 'r'
local front, rest, ttl, answer = string.sub(value, 1, 53), '', SLACK, OK
