-- ARGV: clock, token, checksum of the response, response.
if wrong then
  return wrong
end
if not value or expires <= now or token ~= tonumber(ARGV[2]) or state == 'r' then
  return LOST
end
if state == 'd' then
  return OK
end
state, expires, rest = 'd', now + window, ARGV[3] .. ARGV[4]
return save()
