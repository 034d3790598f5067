-- ARGV: clock, fingerprint, lease, window, whether to take over, 16 bytes that no other claim has.
-- Answers the token, negated if the claim took over; or a list: what became of the claim, and what belongs to that. A list takes
-- Redis noticeably longer to make.
local IN_PROGRESS, DONE, OTHER = 11, 12, 13

if wrong then
  return type(wrong) == 'table' and wrong or {wrong}
end
if not value then
  state, token = 'h', time
elseif expires <= now or state == 'r' then
  state, token = 'h', math.max(time, token + 1)
elseif fingerprint ~= ARGV[2] then
  return {OTHER}
elseif state == 'd' then
  return {DONE, rest}
elseif rest == ARGV[6] then
  -- The answer to this very claim was lost, and the client sent it again: it has the record already, by the same token.
elseif lease > now then
  return {IN_PROGRESS, lease - now}
elseif ARGV[5] == '1' then
  state, token = 't', math.max(time, token + 1)
else
  return {IN_PROGRESS, 0}
end
fingerprint, window, rest = ARGV[2], tonumber(ARGV[4]), ARGV[6]
lease, expires = now + tonumber(ARGV[3]), now + window
local answer = save()
if answer == OK then
  return state == 't' and -token or token
end
return type(answer) == 'table' and answer or {answer}
