-- Most keys that are claimed are new to Redis. They take no more than this.
local lease, window = first, second
local back = struct.pack('>ddddc1', time, now + lease, now + window, window, 'h')
local set = redis.pcall('SET', key, ARGV[2] .. back .. back, 'PX', ARGV[3], 'NX')
if set and set.ok then
  return time
end
