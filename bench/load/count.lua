-- What every load does: counts each answer by its status, and says in the end what it saw, as a line of JSON.
local threads = {}
answered, unexpected, strange = 0, 0, 0

function setup(thread)
  table.insert(threads, thread)
end

function response(status)
  if status == expected then
    answered = answered + 1
  else
    unexpected, strange = unexpected + 1, status
  end
end

function done(summary, latency)
  local total = { answered = 0, unexpected = 0, strange = 0 }
  for _, thread in ipairs(threads) do
    total.answered = total.answered + thread:get("answered")
    total.unexpected = total.unexpected + thread:get("unexpected")
    total.strange = math.max(total.strange, thread:get("strange"))
  end
  local errors = summary.errors
  io.write(string.format(
    '{"answered":%d,"unexpected":%d,"strange":%d,"broken":%d,"late":%d,"seconds":%.6f,"p50":%.3f,"p99":%.3f}\n',
    total.answered, total.unexpected, total.strange, errors.connect + errors.read + errors.write, errors.timeout,
    summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
