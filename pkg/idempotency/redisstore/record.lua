-- How a record is read. It is one string, which takes less room than a hash, and is read by one command and written by
-- another:
--
--    1  version, "1"
--   32  fingerprint
--    4  checksum of the client, of the key and these
--   16  attempt: 3 bytes say that it has a mark, 1 version of the mark, 5 mark, 7 random; or all random
--       This is the front, which the client makes. It stays the same until the next claim.
--   32  token, end of the lease, end of the window, length of the window
--    1  state: h held, t held by a claim that took over, d done, r released
--       This is the back, which changes. It is stored twice, since no other check is as fast in Lua.
--   33  the back again
--       If done: 4 bytes checksum of the client, and the response.
--
-- Numbers are microseconds, as big-endian doubles, since Lua has no other numbers. They are exact below 2^53, which the
-- microseconds since 1970 reach in the year 2255. The client sends no duration above 2^52, so that no sum reaches it
-- before 2112. A token above 2^53 equals no stored one.
--
-- Redis drops a record some time after its window. Until then, which is at least so many milliseconds, the token of the
-- next claim follows from the record, even if the clock is set back. The client gives a new record half as much again.
local SLACK = 60000

-- What the record has, if there is one and nothing is wrong with it; if something is, what to answer. These are plain
-- variables, since tables and functions would be created anew for each step.
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
    -- Every comparison with NaN fails.
    if not (known and token >= 0 and token < 9007199254740992 and leased >= 0 and leased < 9007199254740992
        and expires >= 0 and expires < 9007199254740992 and window >= 0 and window < 9007199254740992
        and token % 1 + leased % 1 + expires % 1 + window % 1 == 0) then
      wrong = CORRUPT
    end
  end
end
