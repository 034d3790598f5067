-- wrk sends the transfers of a file, each once, and counts those that were made. It needs to have one thread, as each
-- would read the file from its beginning. What a request costs here is lost to the server, which has the same
-- processors: requests are put together from texts, and of answers only the statuses count, which wrk looks at itself.
--
--   wrk -t1 -s transfers.lua URL -- FILE

local file, head, tails
local sent = 0

function init(args)
  file = assert(io.open(args[1]))
  head = "POST /api/v1/transfers/on-us/ HTTP/1.1\r\nHost: " .. wrk.headers["Host"] ..
    "\r\nAuthorization: Bearer " .. file:read() .. "\r\nContent-Type: application/json\r\nx-jiko-idempotency: "
  tails = {}
  for i = 1, tonumber(file:read()) do
    local body = file:read()
    tails[i] = "\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
  end
end

function request()
  local line = file:read()
  if not line then -- Nothing is sent twice: what this one gets is a 404, and is missed in the count.
    return wrk.format("GET", "/all-were-sent")
  end
  local space = line:find(" ", 1, true)
  sent = sent + 1
  return head .. line:sub(1, space - 1) .. "\r\nx-jiko-signature: " .. line:sub(space + 1) ..
    tails[(sent - 1) % #tails + 1]
end

function done(summary)
  print("Transfers made: " .. summary.requests - summary.errors.status)
end
