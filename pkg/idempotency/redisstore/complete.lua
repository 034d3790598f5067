-- ARGV: clock, token, checksum of the response, response.
if wrong then
  return wrong
end
if record and record.state == 'd' and record.expires > now and record.token == tonumber(ARGV[2]) then
  return OK
end
if not held(record, ARGV[2]) then
  return LOST
end
record.state, record.expires, record.rest = 'd', now + record.window, ARGV[3] .. ARGV[4]
return save(record)
