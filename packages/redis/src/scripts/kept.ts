import { Script } from '../script.ts';

/**
 * Lua: values, each a text of `<version> <JSON>`, and lists, each item
 * `<its append's id>#<its number> <JSON>`: a list needs no counter beside it, since its last item is
 * never dropped. No time to live is an empty text, and so is the version of nothing.
 */
export const GROW = `
local function version_of(key)
  local value = redis.call('GET', key)
  return value and string.match(value, '^[^ ]*') or ''
end
local function put(key, value, ttl)
  if ttl == '' then redis.call('SET', key, value) else redis.call('SET', key, value, 'PX', ttl) end
end
local function number_of(item)
  return item and tonumber(string.match(item, '^[^ ]*#(%d+) ')) or 0
end
local function grow(key, most, ttl, from, to)
  local number = number_of(redis.call('LINDEX', key, -1)) - from + 1
  local length
  for i = from, to, 1000 do
    local items = {}
    for j = i, math.min(to, i + 999) do
      local lead = string.find(ARGV[j], ' ', 1, true)
      local name = string.format('%s#%d', string.sub(ARGV[j], 1, lead - 1), number + j)
      items[#items + 1] = name .. string.sub(ARGV[j], lead)
    end
    length = redis.call('RPUSH', key, unpack(items))
  end
  if length > tonumber(most) then redis.call('LTRIM', key, -tonumber(most), -1) end
  redis.call('PEXPIRE', key, ttl)
  return number + to
end`;

/**
 * Sets a value if the version is the expected one. A version that is new already is its own doing, sent
 * again. KEYS: value. ARGV: expected, new version, new value, ms. Returns 1 if it was set.
 */
export const COMPARE_AND_SET: Script = new Script(
  GROW,
  `
local version = version_of(KEYS[1])
if version == ARGV[2] then return 1 end
if version ~= ARGV[1] then return 0 end
put(KEYS[1], ARGV[3], ARGV[4])
return 1`,
);

/** Forgets a value that is damaged, unless it was written anew meanwhile. KEYS: value. ARGV: what it is. */
export const FORGET: Script = new Script(
  `if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('UNLINK', KEYS[1]) end`,
);

/**
 * Adds to a list. Sent again, it looks for the append's id first. KEYS: list. ARGV: id, whether it is
 * sent again, most items, ms, the items. Returns the number of the last one.
 */
export const APPEND: Script = new Script(
  GROW,
  `
if ARGV[2] == '1' then
  local lead, last = ARGV[1] .. '#', nil
  for _, item in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
    if string.sub(item, 1, #lead) == lead then last = number_of(item) end
  end
  if last then return last end
end
return grow(KEYS[1], ARGV[3], ARGV[4], 5, #ARGV)`,
);

/** Items above a number. KEYS: list. ARGV: the number, how many items. Returns them, the oldest first. */
export const AFTER: Script = new Script(
  GROW,
  `
local length = redis.call('LLEN', KEYS[1])
local dropped = number_of(redis.call('LINDEX', KEYS[1], -1)) - length
local from = math.max(0, ARGV[1] - dropped)
return redis.call('LRANGE', KEYS[1], from, from + ARGV[2] - 1)`,
);
