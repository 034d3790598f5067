-- ARGV: clock, token and lease.
if wrong then
  return wrong
end
if not value or expires <= now or token ~= first or state == 'd' or state == 'r' then
  return LOST
end
leased, expires = now + second, now + window
local front, rest, ttl, answer = string.sub(value, 1, 53), '', math.ceil(window / 1000) + SLACK + SLACK / 2, OK
