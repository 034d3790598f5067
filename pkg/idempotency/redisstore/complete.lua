-- ARGV: clock and token; checksum of the response and the response.
if wrong then
  return wrong
end
if not value or expires <= now or token ~= first or state == 'r' then
  return LOST
end
if state == 'd' then
  return OK
end
-- It is faster to leave the time to live as it is, while that is long enough.
local front, rest, ttl, answer = string.sub(value, 1, 53), ARGV[2], false, OK
if now + window - expires > SLACK / 2 * 1000 then
  ttl = math.ceil(window / 1000) + SLACK
end
expires, state = now + window, 'd'
