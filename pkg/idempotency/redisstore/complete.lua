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
-- The time to live can stay as it is while it is long enough, which is faster.
local front, rest, ttl, answer = string.sub(value, 1, 53), ARGV[2], false, OK
if now + window - expires > SLACK / 2 * 1000 then
  ttl = math.ceil(window / 1000) + SLACK
end
expires, state = now + window, 'd'
