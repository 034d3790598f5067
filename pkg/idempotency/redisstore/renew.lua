-- ARGV: clock, token, lease.
if wrong then
  return wrong
end
if not held(record, ARGV[2]) then
  return LOST
end
record.lease, record.expires = now + tonumber(ARGV[3]), now + record.window
return save(record)
