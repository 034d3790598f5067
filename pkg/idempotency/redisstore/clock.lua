-- What every script begins with: what it can answer, and what time it is.
--
-- ARGV[1] has three numbers: what is added to the clock, which is zero except in tests, and what the script says. Tokens follow the real clock.
local OK, LOST, CORRUPT, FULL = 0, 1, 2, 3

local key = KEYS[1]
local shift, first, second = struct.unpack('>ddd', ARGV[1])
local clock = redis.call('TIME')
local time = clock[1] * 1000000 + clock[2]
local now = time + shift
