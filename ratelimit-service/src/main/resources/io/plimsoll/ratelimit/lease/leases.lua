-- Grants, returns and counts of one gateway in one partition, all or nothing, on Redis' own clock.
-- PROTOCOL.md says what every number means and proves the bound.
--
-- KEYS[1]  the partition's guard; KEYS[2..] one key per item, all with the partition's hash tag
-- ARGV     gateway, deadline (us of Redis' clock; 0: none), lease life (us), silence (us), items:
--          'r', lease, want, held, rate (units/s), burst (units), n, n * (lease, units returned)
--          's', sequence, open, want, limit
-- answer   {now, 0, then four per item}; {now, -1} where it came too late and did nothing
--          r: granted, empty for (us), available, credited; s: granted, elsewhere, 0, 0
--
-- Units are kept in millionths: units/s are millionths/us, so whole rates are exact.

local MICRO = 1000000
-- a gateway that got less than it asked for is owed its part of what comes in this time (s)
local TURN = 0.02
-- and one that has asked within this time keeps its place in the line (us)
local KEPT = 60 * MICRO

local floor, ceil, max, min = math.floor, math.ceil, math.max, math.min

local time = redis.call('TIME')
local now = tonumber(time[1]) * MICRO + tonumber(time[2])
local gateway, deadline = ARGV[1], tonumber(ARGV[2])
local life, silence = tonumber(ARGV[3]), tonumber(ARGV[4])

-- what Redis gets to after it was stopped is of nobody's use, and would be debited all the same
if deadline > 0 and now > deadline then
  return { now, -1 }
end

-- the guard is lost with the buckets, so that new ones do not start full
local born = tonumber(redis.call('GET', KEYS[1]) or '')
if not born then
  born = now
  redis.call('SET', KEYS[1], string.format('%.0f', now))
end

local function rated(key, i)
  local lease, want, held = ARGV[i + 1], tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3])
  local rate, burst = tonumber(ARGV[i + 4]), tonumber(ARGV[i + 5]) * MICRO
  local returns = tonumber(ARGV[i + 6])

  -- {available, at, {gateway = {asked, got or waits since, owed, {lease = {units, end}}}}}; who was
  -- told to wait for long has asked when that is over
  local raw = redis.call('GET', key)
  local bucket = raw and cmsgpack.unpack(raw)
      or { min(burst, rate * max(0, now - born)), now, {} }
  local at = max(now, bucket[2])
  local available = min(burst, bucket[1] + rate * (at - bucket[2]))
  local gateways = bucket[3]
  local me = gateways[gateway] or { 0, 0, 0, {} }
  local since = at - me[1] < KEPT and me[2] or at

  -- who asked in the last second, and what they are owed, of that what comes before this one's turn;
  -- a unit is left to each of the others, too, by a gateway that did not get all it wanted itself
  local asking, owed, ahead, others, kept = 1, 0, 0, 0, 0
  gateways[gateway] = me
  for id, other in pairs(gateways) do
    for name, granted in pairs(other[4]) do
      if granted[2] <= at then
        other[4][name] = nil
      end
    end
    if id ~= gateway then
      local quiet = at - other[1]
      local before = other[2] < since or (other[2] == since and id < gateway)
      if quiet < MICRO then
        asking = asking + 1
      end
      if quiet < MICRO and other[3] > 0 then
        owed = owed + other[3]
        ahead = ahead + (before and other[3] or 0)
      elseif quiet < KEPT then
        others = others + 1
        kept = kept + (before and 1 or 0)
      elseif next(other[4]) == nil then
        gateways[id] = nil
      end
    end
  end
  -- a bucket that is full takes in nothing: a unit must be free beside those that are kept
  local spare = floor((burst / MICRO - 1) / 2)
  local earlier = (ahead + (me[3] > 0 and min(kept, spare) or 0)) * MICRO

  local credited = 0
  for r = 0, returns - 1 do
    local name, units = ARGV[i + 7 + 2 * r], tonumber(ARGV[i + 8 + 2 * r])
    local granted = me[4][name]
    if granted then
      me[4][name] = nil
      credited = credited + min(units, granted[1])
    end
  end
  available = min(burst, available + credited * MICRO)

  local granted, empty = 0, 0
  if want > 0 then
    if me[4][lease] then
      granted = me[4][lease][1] -- asked again: the answer was lost
    else
      local most = max(1, floor(min(burst / MICRO / 2, rate)))
      local room = max(0, most - held)
      local share = max(1, floor(available / MICRO / asking))
      local free = floor((available - earlier) / MICRO)
      granted = max(0, min(want, room, share, free))
      available = available - granted * MICRO
      if granted > 0 then
        me[4][lease] = { granted, at + life }
      end
      local short = min(want, room) - granted
      me[2] = (granted > 0 or short <= 0) and at or since
      me[3] = short > 0 and min(short, max(1, floor(min(most, rate * TURN) / asking))) or 0
      -- whoever got something is the last, and whoever did not get all leaves others their unit
      local first = granted > 0 and owed + min(others, spare) or ahead + min(kept, spare)
      if short > 0 and available - first * MICRO < MICRO then
        empty = at - now + ceil(((first + me[3]) * MICRO - available) / rate)
      end
    end
    me[1] = at + (empty > MICRO and ceil(empty / MICRO) * MICRO or 0)
  elseif next(me[4]) == nil and at - me[1] >= KEPT then
    gateways[gateway] = nil
  end

  bucket[1], bucket[2] = available, at
  -- gone only when it would be full, and every lease of it is over
  local ttl = ceil(max(burst / rate, life, MICRO) / 1000) + 1000
  redis.call('SET', key, cmsgpack.pack(bucket), 'PX', string.format('%.0f', ttl))
  return granted, empty, floor(available / MICRO), credited, i + 7 + 2 * returns
end

local function counted(key, i)
  local sequence, open = tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  local want, limit = tonumber(ARGV[i + 3]), tonumber(ARGV[i + 4])

  -- {gateway = {streams, at, sequence}}
  local raw = redis.call('GET', key)
  local counts = raw and cmsgpack.unpack(raw) or {}
  local elsewhere = 0
  for id, count in pairs(counts) do
    if now - count[2] > silence then
      counts[id] = nil
    elseif id ~= gateway then
      elsewhere = elsewhere + count[1]
    end
  end

  local granted = 0
  local mine = counts[gateway]
  if not mine or mine[3] <= sequence then
    granted = max(0, min(want, limit - elsewhere - open))
    counts[gateway] = { open + granted, now, sequence }
    local ttl = ceil(silence / 1000) + 1000
    redis.call('SET', key, cmsgpack.pack(counts), 'PX', string.format('%.0f', ttl))
  end
  return granted, elsewhere, 0, 0, i + 5
end

local answer = { now, 0 }
local i = 5
for k = 2, #KEYS do
  local item = ARGV[i] == 'r' and rated or counted
  local a, b, c, d, following = item(KEYS[k], i)
  answer[#answer + 1] = a
  answer[#answer + 1] = b
  answer[#answer + 1] = c
  answer[#answer + 1] = d
  i = following
end
return answer
