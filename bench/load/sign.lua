-- Signs, each time as somebody else from another network. Arguments: the expected status, and a tag that no other run has.
require("count")

local firsts = { "Robin", "Ada", "Noor", "Luc", "Mei", "Ivo", "Sol", "Wren", "Tariq", "Elise", "Jo", "Bea" }
local lasts = { "Example", "Okafor", "Tremblay", "Singh", "Larsen", "Roy", "Marsh", "Cohen", "Ito", "Bouchard", "Vega" }
local regions = { "Ontario", "Quebec", "BC", "Alberta", "Manitoba", "Nova+Scotia" }
local refs = { "share", "email", "qr", "partner-3" }
-- As long as the tokens that hCaptcha gives out.
local token = "P1_" .. string.rep("eyJ0eXAiOiJKV1Qi", 120)

local template = "name=%s+%s&email=%s-%d%%40mail.example&country=CA&region=%s&postalCode=K1A+0B1&comment=%s%s&ref=%s"
  .. "&lang=en&h-captcha-response=" .. token
local request_template
local tag, n, network = "", 0, 0

function init(args)
  expected = tonumber(args[1])
  tag = args[2]
  network = tonumber(args[3])
  request_template = "POST " .. wrk.path .. " HTTP/1.1\r\nHost: " .. wrk.host .. ":" .. wrk.port
    .. "\r\nContent-Type: application/x-www-form-urlencoded\r\nAccept: text/html"
    .. "\r\nX-Forwarded-For: %d.%d.%d.%d\r\nContent-Length: %d\r\n\r\n%s"
end

local function pick(list)
  return list[n % #list + 1]
end

function request()
  n = n + 1
  local comment = n % 6 == 0 and "It+is+where+we+meet+and+it+should+stay." or ""
  local ticks = (n % 2 == 0 and "&showName=on" or "") .. (n % 3 == 0 and "&updates=on" or "")
  local body = string.format(template, pick(firsts), pick(lasts), tag, n, pick(regions), comment, ticks, pick(refs))
  local from = network + n
  return string.format(request_template, 11 + math.floor(from / 16777216) % 100, math.floor(from / 65536) % 256,
    math.floor(from / 256) % 256, from % 256, #body, body)
end
