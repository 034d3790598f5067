-- How a record is read. It is one string, which takes less room than a hash and is read and written by one command each:
--
--    1  version, "1"
--   32  fingerprint
--    4  checksum of the client, of the key and these
--   16  attempt
--       So far the front, which the client makes. It stays as it is until the next claim.
--   32  token, end of the lease, end of the window, length of the window
--    1  state: h held, t held by a claim that took over, d done, r released
--       This is the back, which changes. It is there twice, as that is the check that Lua is fastest at.
--   33  the back again
--       If done: 4 bytes checksum of the client, and the response.
--
-- Numbers are microseconds, as big-endian doubles: Lua has nothing else. They are exact below 2^53, which the microseconds since
-- 1970 pass in the year 2255, and the client sends no duration above 2^52, so that no sum passes it before 2112. A token that is
-- above 2^53 equals no stored one.
--
-- Redis drops a record a while after its window. Until then the token of the next claim follows from it, even if the clock was set
-- back: at least for so many milliseconds. The client gives a new record half as much again.
local SLACK = 60000

-- What there is, if there is a value and nothing is wrong with it; or else what to answer. Tables and functions would be made anew
-- for each step, so these are plain variables.
local token, leased, expires, window, state, wrong
local value = redis.pcall('GET', key)
if type(value) == 'table' then
  wrong = string.find(value.err, 'WRONGTYPE', 1, true) and CORRUPT or value
elseif value then
  local back = string.sub(value, 54, 86)
  if back ~= string.sub(value, 87, 119) or #back < 33 then
    wrong = CORRUPT
  else
    token, leased, expires, window, state = struct.unpack('>ddddc1', back)
    local known = #value == 119 and (state == 'h' or state == 't' or state == 'r') or #value >= 123 and state == 'd'
    -- What is no number fails to compare.
    if not (known and token >= 0 and token < 9007199254740992 and leased >= 0 and leased < 9007199254740992 and expires >= 0 and
        expires < 9007199254740992 and window >= 0 and window < 9007199254740992 and token % 1 + leased % 1 + expires % 1 + window % 1 == 0) then
      wrong = CORRUPT
    end
  end
end
