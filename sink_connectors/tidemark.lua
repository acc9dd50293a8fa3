#!lua name=tidemark_VERSION

-- Loaded under a name made from this file's content, so jobs of two releases never replace each other's functions.

-- Lua hands at most some 8 000 values to a call at once.
local CHUNK = 4000

local function write_all(command, key, arguments)
  for from = 1, #arguments, CHUNK do
    redis.call(command, key, unpack(arguments, from, math.min(from + CHUNK - 1, #arguments)))
  end
end

local function read_all(key, fields)
  if #fields <= CHUNK then
    return redis.call('HMGET', key, unpack(fields))
  end
  local values = {}
  for from = 1, #fields, CHUNK do
    local part = redis.call('HMGET', key, unpack(fields, from, math.min(from + CHUNK - 1, #fields)))
    for i = 1, #part do
      values[#values + 1] = part[i]
    end
  end
  return values
end

-- The code of the facet of a value's field; nil for totals and meta fields.
local function facet_of(field)
  local colon = string.find(field, ':', 1, true)
  if colon and string.byte(field) ~= 33 then
    return string.sub(field, 1, colon - 1)
  end
end

-- Greater number of each horizon. Compared as numbers: Lua compares strings by the server's locale.
local function greatest(format, was, new)
  local old_numbers, new_numbers = {struct.unpack(format, was)}, {struct.unpack(format, new)}
  local parts, kept_new, kept_old = {}, true, true
  for h = 1, #format - 1 do
    if new_numbers[h] > old_numbers[h] then
      kept_old = false
      parts[h] = string.sub(new, 8 * h - 7, 8 * h)
    else
      if new_numbers[h] < old_numbers[h] then
        kept_new = false
      end
      parts[h] = string.sub(was, 8 * h - 7, 8 * h)
    end
  end
  return (kept_old and was) or (kept_new and new) or table.concat(parts)
end

local function any_greater(format, was, new)
  return greatest(format, was, new) ~= was
end

-- Keep what is among the `keep` greatest of any horizon; remember what was the smallest among them.
local function trim(key, keep, format)
  local all = redis.call('HGETALL', key)
  local facets, floors = {}, {}
  for i = 1, #all, 2 do
    local code = facet_of(all[i])
    if code then
      facets[code] = facets[code] or {fields = {}, packed = {}}
      local facet = facets[code]
      facet.fields[#facet.fields + 1] = all[i]
      facet.packed[#facet.packed + 1] = all[i + 1]
    elseif all[i] == '!floor' then
      floors = cmsgpack.unpack(all[i + 1])
    end
  end

  local doomed = {}
  for code, facet in pairs(facets) do
    local count = #facet.fields
    if count > keep then
      local kept, floor = {}, {}
      for h = 1, #format - 1 do
        local numbers, sorted = {}, {}
        for i = 1, count do
          local number = struct.unpack('>d', facet.packed[i], 8 * h - 7)
          numbers[i], sorted[i] = number, number
        end
        table.sort(sorted)
        local least = sorted[count - keep + 1]
        local ties = keep
        for i = 1, count do
          if numbers[i] > least then
            kept[i] = true
            ties = ties - 1
          end
        end
        for i = 1, count do
          if ties > 0 and numbers[i] == least then
            kept[i] = true
            ties = ties - 1
          end
        end
        floor[h] = struct.pack('>d', least)
      end
      floor = table.concat(floor)
      floors[code] = floors[code] and greatest(format, floors[code], floor) or floor
      for i = 1, count do
        if not kept[i] then
          doomed[#doomed + 1] = facet.fields[i]
        end
      end
    end
  end
  if #doomed > 0 then
    write_all('HDEL', key, doomed)
    redis.call('HSET', key, '!floor', cmsgpack.pack(floors))
  end
end

-- FCALL … 2 KEY TOMBSTONE ttl_s keep max_fields horizons at_ms since_ms [field packed]…
-- Each field takes the greater number of each horizon, so any order and any repetition of calls ends alike.
-- A field that is absent and not above the floor was trimmed, or would be: it is refused. Fields must be distinct.
-- Numbers in which there is something that was to be forgotten are refused as a whole: -1.
local function grow(keys, args)
  local key, keep, at, since = keys[1], tonumber(args[2]), args[5], args[6]
  local forgotten = redis.call('GET', keys[2])
  if forgotten and tonumber(since) <= tonumber(forgotten) then
    return -1
  end
  local format = '>' .. string.rep('d', tonumber(args[4]))
  local fields = {'!at', '!floor', '!since'}
  for i = 7, #args, 2 do
    fields[#fields + 1] = args[i]
  end
  local values = read_all(key, fields)

  local changes, floors = {}, nil
  if not values[1] or tonumber(at) > tonumber(values[1]) then
    changes = {'!at', at}
  end
  if not values[3] or tonumber(since) < tonumber(values[3]) then
    changes[#changes + 1] = '!since'
    changes[#changes + 1] = since
  end
  for i = 4, #fields do
    local field, was, new = fields[i], values[i], args[2 * i]
    if was == new then
      new = nil
    elseif was then
      new = greatest(format, was, new)
    elseif values[2] then
      floors = floors or cmsgpack.unpack(values[2])
      local floor = floors[facet_of(field)]
      if floor and not any_greater(format, floor, new) then
        new = nil
      end
    end
    if new and new ~= was then
      changes[#changes + 1] = field
      changes[#changes + 1] = new
    end
  end

  if #changes > 0 then
    write_all('HSET', key, changes)
    if redis.call('HLEN', key) > tonumber(args[3]) then
      trim(key, keep, format)
    end
  end
  redis.call('EXPIRE', key, args[1])
  return #changes / 2
end

-- FCALL … 2 KEY TOMBSTONE time_ms: what happened then or before is forgotten, and never written again.
-- Returns 0 when the hash stays, since nothing in it is so old; else 1, and there is none.
local function erase(keys, args)
  local forgotten, time = redis.call('GET', keys[2]), tonumber(args[1])
  if not forgotten or time > tonumber(forgotten) then
    redis.call('SET', keys[2], args[1])
  end
  local since = redis.call('HMGET', keys[1], '!since')[1]
  if since and tonumber(since) > time then
    return 0
  end
  redis.call('DEL', keys[1])
  return 1
end

-- FCALL … 1 KEY ttl_s cap [score member]…
-- Keeps the `cap` members of smallest score; returns the score from which members are not taken, or an empty string.
local function sample(keys, args)
  local key, cap = keys[1], tonumber(args[2])
  if #args > 2 then
    for from = 3, #args, CHUNK do
      redis.call('ZADD', key, unpack(args, from, math.min(from + CHUNK - 1, #args)))
    end
    redis.call('EXPIRE', key, args[1])
  end
  if redis.call('ZCARD', key) < cap then
    return ''
  end
  redis.call('ZREMRANGEBYRANK', key, cap, -1)
  return redis.call('ZRANGE', key, cap - 1, cap - 1, 'WITHSCORES')[2]
end

-- FCALL … 1 KEY ttl_s field value…: the hash is these fields from now on; readers see the old or the new one.
local function replace(keys, args)
  redis.call('DEL', keys[1])
  for from = 2, #args, CHUNK do
    redis.call('HSET', keys[1], unpack(args, from, math.min(from + CHUNK - 1, #args)))
  end
  redis.call('EXPIRE', keys[1], args[1])
  return (#args - 1) / 2
end

-- FCALL … 2 KEY TOMBSTONE ttl_s shop since_ms json: the visitor's segment at the shop, unless a newer one is there.
-- JSON that holds something that was to be forgotten is refused: -1.
local function assign(keys, args)
  local forgotten = redis.call('GET', keys[2])
  if forgotten and tonumber(args[3]) <= tonumber(forgotten) then
    return -1
  end
  local was = redis.call('HGET', keys[1], args[2])
  if was and cjson.decode(was).at_ms > cjson.decode(args[4]).at_ms then
    return 0
  end
  redis.call('HSET', keys[1], args[2], args[4])
  redis.call('EXPIRE', keys[1], args[1])
  return 1
end

-- FCALL … 2 KEY TOMBSTONE time_ms: segments in which there is something of then or before go, and never come back.
local function unassign(keys, args)
  local forgotten, time = redis.call('GET', keys[2]), tonumber(args[1])
  if not forgotten or time > tonumber(forgotten) then
    redis.call('SET', keys[2], args[1])
  end
  local all = redis.call('HGETALL', keys[1])
  for i = 1, #all, 2 do
    if cjson.decode(all[i + 1]).since_ms <= time then
      redis.call('HDEL', keys[1], all[i])
    end
  end
  return 1
end

-- FCALL … 1 KEY ttl_s at_ms json: of a shop, unless a newer one is there.
local function publish(keys, args)
  local was = redis.call('GET', keys[1])
  if was and cjson.decode(was).at_ms > tonumber(args[2]) then
    return 0
  end
  redis.call('SET', keys[1], args[3], 'EX', args[1])
  return 1
end

-- FCALL … 1 KEY ttl_s first_field second_field [field value]…
-- The hash is these fields from now on, unless it is newer: two of the fields are integers that say how new it is, the
-- first before the second. Returns 1, or 0 when it is newer and stays.
local function supersede(keys, args)
  local key, new = keys[1], {}
  for i = 4, #args, 2 do
    new[args[i]] = args[i + 1]
  end
  local was = redis.call('HMGET', key, args[2], args[3])
  for i = 1, 2 do
    local old, now = tonumber(was[i] or '-1'), tonumber(new[args[1 + i]])
    if old > now then
      return 0
    elseif old < now then
      break
    end
  end
  redis.call('DEL', key)
  write_all('HSET', key, {unpack(args, 4)})
  redis.call('EXPIRE', key, args[1])
  return 1
end

-- No flags: refused when memory is full or the server is a replica, keys are declared (Redis Cluster).
redis.register_function('tidemark_VERSION_grow', grow)
redis.register_function('tidemark_VERSION_erase', erase)
redis.register_function('tidemark_VERSION_sample', sample)
redis.register_function('tidemark_VERSION_replace', replace)
redis.register_function('tidemark_VERSION_assign', assign)
redis.register_function('tidemark_VERSION_unassign', unassign)
redis.register_function('tidemark_VERSION_publish', publish)
redis.register_function('tidemark_VERSION_supersede', supersede)
