-- ARGV: clock, lease and window; the front of the record; its time to live; anything if the claim may take over.
--
-- The answer is the token, negated if the claim took over; or the record, if it is done; or a list of what became of
-- the claim and its details. A list takes Redis noticeably longer to make.
local IN_PROGRESS, OTHER = 11, 12
-- An attempt that begins so has a mark: see idempotency.Attempt.Contradicts.
local SIGN = '\241\158\82'

if wrong then
  return wrong
end
if not value then
  -- Redis refused to write it.
  return string.find(set.err, 'OOM', 1, true) and FULL or set
elseif expires <= now or state == 'r' then
  state, token = 'h', math.max(time, token + 1)
elseif string.sub(value, 1, 37) ~= string.sub(ARGV[2], 1, 37) or string.sub(value, 38, 40) == SIGN
    and string.sub(value, 41, 41) == string.sub(ARGV[2], 41, 41) and string.sub(ARGV[2], 38, 40) == SIGN
    and string.sub(value, 42, 46) ~= string.sub(ARGV[2], 42, 46) then
  -- The record is another request's, or damaged. The client can tell which.
  return {OTHER, string.sub(value, 1, 37)}
elseif state == 'd' then
  return value
elseif string.sub(value, 38, 53) == string.sub(ARGV[2], 38, 53) then
  -- The answer to this claim was lost, and the client sent it again. It holds the record already, by the same token.
elseif leased > now then
  return {IN_PROGRESS, leased - now}
elseif ARGV[4] then
  state, token = 't', math.max(time, token + 1)
else
  return {IN_PROGRESS, 0}
end
leased, expires, window = now + first, now + second, second
local front, rest, ttl, answer = ARGV[2], '', ARGV[3], state == 't' and -token or token
