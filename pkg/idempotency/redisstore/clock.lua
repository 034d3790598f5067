-- The beginning of every script: its answers, and the time.
--
-- ARGV[1] has three numbers: what is added to the clock, which is zero except in tests, and two that depend on the
-- script. Tokens follow the real clock.
local OK, LOST, CORRUPT, FULL = 0, 1, 2, 3

local key = KEYS[1]
local shift, first, second = struct.unpack('>ddd', ARGV[1])
local clock = redis.call('TIME')
local time = clock[1] * 1000000 + clock[2]
local now = time + shift
