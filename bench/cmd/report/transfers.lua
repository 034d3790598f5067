-- wrk sends the transfers of a file, each once, and counts those that were made. It needs to have one thread, as each
-- would read the file from its beginning.
--
--   wrk -t1 -s transfers.lua URL -- FILE

local path = "/api/v1/transfers/on-us/"
local file, bodies, headers
local sent, threads = 0, {}
created = 0 -- What done reads must be global.

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  file = assert(io.open(args[1]))
  headers = {["Authorization"] = "Bearer " .. file:read(), ["Content-Type"] = "application/json"}
  bodies = {}
  for i = 1, tonumber(file:read()) do
    bodies[i] = file:read()
  end
end

function request()
  local line = file:read()
  if not line then -- Nothing is sent twice: what this one gets is no transfer, and is missed in the count.
    return wrk.format("GET", "/health")
  end
  local space = line:find(" ", 1, true)
  headers["x-jiko-idempotency"] = line:sub(1, space - 1)
  headers["x-jiko-signature"] = line:sub(space + 1)
  sent = sent + 1
  return wrk.format("POST", path, headers, bodies[(sent - 1) % #bodies + 1])
end

function response(status)
  if status == 201 then
    created = created + 1
  end
end

function done()
  for _, thread in ipairs(threads) do
    print("Transfers made: " .. thread:get("created"))
  end
end
