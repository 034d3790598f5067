-- ARGV: clock, fingerprint, lease, window, whether to take over, 16 bytes that no other claim has.
-- Answers a list: the state, and what belongs to it.
local MINE, IN_PROGRESS, DONE, OTHER = 11, 12, 13, 14
local fingerprint, lease, window, nonce = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[6]

if wrong then
  return type(wrong) == 'table' and wrong or {wrong}
end

local function hold(state, token)
  local answer = save({
    state = state, fingerprint = fingerprint, token = token, lease = now + lease, expires = now + window, window = window, rest = nonce,
  })
  if answer == OK then
    return {MINE, token, state == 't' and 1 or 0}
  end
  return type(answer) == 'table' and answer or {answer}
end

if not record then
  return hold('h', time)
end
local successor = math.max(time, record.token + 1)
if record.expires <= now or record.state == 'r' then
  return hold('h', successor)
end
if record.fingerprint ~= fingerprint then
  return {OTHER}
end
if record.state == 'd' then
  return {DONE, record.rest}
end
if record.rest == nonce then
  -- The answer to this very claim was lost, and the client sent it again.
  return hold(record.state, record.token)
end
if record.lease > now then
  return {IN_PROGRESS, record.lease - now}
end
if ARGV[5] == '1' then
  return hold('t', successor)
end
return {IN_PROGRESS, 0}
