import { Script } from '../script.ts';
import { NOW, STAY } from './living.ts';
import { GROW } from './kept.ts';

/**
 * Adds a turn. Sent again, it says that the turn is there and unfinished, as for any duplicate.
 *
 * A conversation's turns are a list of ids and a hash: `m<id>` message, `p<id>` progress, `s<id>`
 * stamp.
 *
 * KEYS: queue, turns, pending, mark, alive, value of the stamp. ARGV: conversation, id, message, mark's
 * ms, most turns, process, lease, whether there is a stamp.
 */
export const ADD: Script = new Script(
  NOW,
  STAY,
  `
local queue, turns, mark, conversation, id = KEYS[1], KEYS[2], KEYS[4], ARGV[1], ARGV[2]
if redis.call('HEXISTS', turns, 'm' .. id) == 1 then return 'unfinished' end
if not redis.call('SET', mark, 1, 'PX', ARGV[4], 'NX') then return 'finished' end
if redis.call('LLEN', queue) >= tonumber(ARGV[5]) then
  redis.call('DEL', mark)
  return 'full'
end
stay(KEYS[5], ARGV[6], ARGV[7])
local stamp = ARGV[8] == '1' and redis.call('GET', KEYS[6])
if stamp then redis.call('HSET', turns, 'm' .. id, ARGV[3], 's' .. id, stamp)
else redis.call('HSET', turns, 'm' .. id, ARGV[3]) end
if redis.call('RPUSH', queue, id) == 1 then redis.call('SADD', KEYS[3], conversation) end
return 'added'`,
);

/** The first turns: id, message, progress, stamp of each. KEYS: queue, turns. ARGV: how many. */
export const WAITING: Script = new Script(`
local found = {}
for _, id in ipairs(redis.call('LRANGE', KEYS[1], 0, ARGV[1] - 1)) do
  local turn = redis.call('HMGET', KEYS[2], 'm' .. id, 'p' .. id, 's' .. id)
  found[#found + 1] = { id, turn[1], turn[2], turn[3] }
end
return found`);

/**
 * Commits. Returns 1 done, 0 done but for the value, -1 nothing done: the lock is lost. The holder's
 * record keeps the answer, so that a commit that is sent again is done once.
 *
 * KEYS: holder, queue, turns, pending, value, list. ARGV: conversation, fence, commit's id, how much
 * to save, remove, write, append (0 or 1, a number, 0 or 1, a number), then the parts of each.
 */
export const COMMIT: Script = new Script(
  GROW,
  `
local holder, queue, turns, commit = KEYS[1], KEYS[2], KEYS[3], 'c' .. ARGV[3]
local held = redis.call('HMGET', holder, 'f', commit)
if held[1] ~= ARGV[2] then return -1 end
if held[2] then return tonumber(held[2]) end
local at = 8
if ARGV[4] == '1' then
  if redis.call('HEXISTS', turns, 'm' .. ARGV[8]) == 0 then return -1 end
  redis.call('HSET', turns, 'p' .. ARGV[8], ARGV[9])
  at = 10
end
local removed = tonumber(ARGV[5])
for i = at, at + removed - 1 do
  local id = ARGV[i]
  redis.call('LREM', queue, 1, id)
  redis.call('HDEL', turns, 'm' .. id, 'p' .. id, 's' .. id)
end
if removed > 0 and redis.call('EXISTS', queue) == 0 then redis.call('SREM', KEYS[4], ARGV[1]) end
at = at + removed
local done = 1
if ARGV[6] == '1' then
  if version_of(KEYS[5]) == ARGV[at] then put(KEYS[5], ARGV[at + 1], ARGV[at + 2]) else done = 0 end
  at = at + 3
end
if ARGV[7] ~= '0' then grow(KEYS[6], ARGV[at], ARGV[at + 1], at + 2, at + 1 + tonumber(ARGV[7])) end
redis.call('HSET', holder, commit, done)
return done`,
);
