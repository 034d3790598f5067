-- A key that Redis does not have, as are most that are claimed, takes no more than this.
local lease, window = first, second
local back = struct.pack('>ddddc1', time, now + lease, now + window, window, 'h')
local set = redis.pcall('SET', key, ARGV[2] .. back .. back, 'PX', ARGV[3], 'NX')
if set and set.ok then
  return time
end
