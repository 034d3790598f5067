-- ARGV: clock, token, lease.
if wrong then
  return wrong
end
if not held or token ~= tonumber(ARGV[2]) then
  return LOST
end
lease, expires = now + tonumber(ARGV[3]), now + window
return save()
