import { Script } from '../script.ts';

/**
 * Lua: values, each a text of `<version> <JSON>`, and lists, each item `<its append's id> <JSON>`.
 * No time to live is an empty text, and so is the version of nothing.
 */
export const GROW = `
local function version_of(key)
  local value = redis.call('GET', key)
  return value and string.match(value, '^[^ ]*') or ''
end
local function put(key, value, ttl)
  if ttl == '' then redis.call('SET', key, value) else redis.call('SET', key, value, 'PX', ttl) end
end
local function grow(key, most, ttl, from, to)
  for i = from, to, 1000 do redis.call('RPUSH', key, unpack(ARGV, i, math.min(to, i + 999))) end
  redis.call('LTRIM', key, -tonumber(most), -1)
  redis.call('PEXPIRE', key, ttl)
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

/**
 * Adds to a list. Sent again, it looks for the append's id first. KEYS: list. ARGV: id, whether it is
 * sent again, most items, ms, the items.
 */
export const APPEND: Script = new Script(
  GROW,
  `
if ARGV[2] == '1' then
  local lead = ARGV[1] .. ' '
  for _, item in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
    if string.sub(item, 1, #lead) == lead then return end
  end
end
grow(KEYS[1], ARGV[3], ARGV[4], 5, #ARGV)`,
);
