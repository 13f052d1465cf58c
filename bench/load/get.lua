-- Fetches one page again and again. Arguments: the expected status, and a cookie where one is needed.
require("count")

local page

function init(args)
  expected = tonumber(args[1])
  if args[2] then wrk.headers["Cookie"] = args[2] end
  wrk.headers["Accept"] = "text/html"
  page = wrk.format("GET")
end

function request()
  return page
end
