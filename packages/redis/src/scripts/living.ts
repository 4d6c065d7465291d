import { Script } from '../script.ts';

/** Lua: the time, in milliseconds since 1970. Redis's own, so that no two processes differ. */
export const NOW = `
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end`;

/** Lua: sees to it that a process counts as living. Written only when it would soon not. */
export const STAY = `
local function stay(alive, process, lease)
  local now = now_ms()
  local till = redis.call('ZSCORE', alive, process)
  if not till or tonumber(till) < now + lease / 2 then
    redis.call('ZADD', alive, string.format('%.0f', now + lease), process)
  end
end`;

/**
 * Says that a process lives, and nothing else. One key can be touched also while its slot moves to
 * another node, which may take longer than a lease. KEYS: alive. ARGV: process, lease.
 */
export const LIVE: Script = new Script(NOW, STAY, `stay(KEYS[1], ARGV[1], ARGV[2])`);

/**
 * Says that a process lives, and tells what has become of its tickets: -1 gone, 0 waiting, else the
 * fence it holds its lock with. A process that may rest stays among the living only while turns wait.
 *
 * KEYS: alive, pending, then line and holder of each ticket. ARGV: process, lease, whether it may rest,
 * the tickets. Returns nothing if it rests.
 */
export const BEAT: Script = new Script(
  NOW,
  `
local alive, process = KEYS[1], ARGV[1]
if ARGV[3] == '1' and redis.call('EXISTS', KEYS[2]) == 0 then
  redis.call('ZREM', alive, process)
  return false
end
redis.call('ZADD', alive, string.format('%.0f', now_ms() + ARGV[2]), process)
local found = {}
for i = 1, #ARGV - 3 do
  local place = redis.call('LPOS', KEYS[2 * i + 1], ARGV[i + 3])
  if not place then found[i] = -1
  elseif place > 0 then found[i] = 0
  else found[i] = tonumber(redis.call('HGET', KEYS[2 * i + 2], 'f')) end
end
return found`,
);

/**
 * Who counts as living, each with the end of its lease, and who was not heard of for too long. KEYS:
 * alive. Returns both.
 */
export const WHO: Script = new Script(
  NOW,
  `
local now = string.format('%.0f', now_ms())
return {
  redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf', 'WITHSCORES'),
  redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now),
}`,
);

/**
 * Ends the leases of processes that are known to be gone, unless they were heard of again. KEYS: alive.
 * ARGV: of each process, its name and the end of its lease. Returns those whose lease has ended.
 */
export const EXPIRE: Script = new Script(
  NOW,
  `
local now, gone = string.format('%.0f', now_ms()), {}
for i = 1, #ARGV, 2 do
  local till = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if till and tonumber(till) == tonumber(ARGV[i + 1]) then
    redis.call('ZADD', KEYS[1], 'LT', now, ARGV[i])
    gone[#gone + 1] = ARGV[i]
  end
end
return gone`,
);

/**
 * Forgets processes, unless they were heard of again. All at once: with the last one the key is gone, and
 * is not to be touched again while its slot moves. KEYS: alive. ARGV: the processes.
 */
export const BURY: Script = new Script(
  NOW,
  `
local now, gone = now_ms(), {}
for _, process in ipairs(ARGV) do
  local till = redis.call('ZSCORE', KEYS[1], process)
  if till and tonumber(till) <= now then gone[#gone + 1] = process end
end
if #gone > 0 then redis.call('ZREM', KEYS[1], unpack(gone)) end`,
);

/**
 * Ends a process's lease, so that the others look after what it leaves. KEYS: alive, pending. ARGV:
 * process.
 */
export const PART: Script = new Script(
  NOW,
  `
if redis.call('ZSCORE', KEYS[1], ARGV[1]) or redis.call('EXISTS', KEYS[2]) == 1 then
  redis.call('ZADD', KEYS[1], string.format('%.0f', now_ms()), ARGV[1])
end`,
);
