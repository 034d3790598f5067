-- What every script begins with: the clock, and how a record is read and written.
--
-- A record is one string, which takes less room than a hash and is read and written by one command each:
--
--    1  version, "1"
--    1  state: h held, t held by a claim that took over, d done, r released
--   32  fingerprint
--   32  token, end of the lease, end of the window, length of the window: microseconds as big-endian doubles
--    8  check: the beginning of the SHA-1 of the key and of everything else but a response
--       held: 16 bytes that the claim chose; done: 4 bytes checksum of the client, and the response; released: nothing
--
-- Lua's numbers are doubles, which are exact below 2^53. The microseconds since 1970 pass 2^53 in the year 2255, and the client
-- sends no duration above 2^52, so that no sum passes it before 2112. A token that is above 2^53 equals no stored one.
--
-- ARGV[1] is added to the clock; it is zero except in tests. Tokens follow the real clock.
local OK, LOST, CORRUPT, FULL = 0, 1, 2, 3
-- Redis drops a record so many milliseconds after its window. Until then the token of the next claim follows from it, even if
-- the clock was set back.
local SLACK = 60000

local key = KEYS[1]
local clock = redis.call('TIME')
local time = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local now = time + tonumber(ARGV[1])

local function sum(head, rest)
  return string.sub(redis.sha1hex(key .. head .. rest), 1, 8)
end

local function whole(number)
  return number >= 0 and number < 9007199254740992 and number == math.floor(number)
end

-- What there is, if there is a value and nothing is wrong with it; or else what to answer. Tables and functions would be made
-- anew for each step, so these are plain variables.
local state, fingerprint, token, lease, expires, window, rest, wrong
local value = redis.pcall('GET', key)
if type(value) == 'table' then
  wrong = string.find(value.err, 'WRONGTYPE', 1, true) and CORRUPT or value
elseif value then
  local head = string.sub(value, 1, 66)
  state, fingerprint, rest = string.sub(head, 2, 2), string.sub(head, 3, 34), string.sub(value, 75)
  if string.sub(head, 1, 1) ~= '1' or string.sub(value, 67, 74) ~= sum(head, state == 'd' and '' or rest) then
    wrong = CORRUPT
  else
    token, lease, expires, window = struct.unpack('>dddd', head, 35)
    local known = (state == 'h' or state == 't') and #rest == 16 or state == 'd' and #rest >= 4 or state == 'r' and rest == ''
    if not (known and whole(token) and whole(lease) and whole(expires) and whole(window)) then
      wrong = CORRUPT
    end
  end
end
-- Somebody holds the record: whoever has its token.
local held = value and not wrong and expires > now and (state == 'h' or state == 't')

-- save writes those variables and returns what to answer.
local function save()
  local head = '1' .. state .. fingerprint .. struct.pack('>dddd', token, lease, expires, window)
  local ttl = SLACK
  if state ~= 'r' then
    ttl = ttl + math.ceil(window / 1000)
  end
  local answer = redis.pcall('SET', key, head .. sum(head, state == 'd' and '' or rest) .. rest, 'PX', string.format('%.0f', ttl))
  if not answer.err then
    return OK
  end
  if string.find(answer.err, 'OOM', 1, true) then
    return FULL
  end
  return answer
end
