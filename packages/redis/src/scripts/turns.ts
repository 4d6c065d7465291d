import { Script } from '../script.ts';
import { NOW, STAY } from './living.ts';
import { GROW } from './kept.ts';
import { GET_IN_LINE } from './line.ts';

/**
 * Lua: adds a turn. Sent again, it says that the turn is there and unfinished, as for any duplicate.
 * Returns what became of it; where it was added, how many there are now, and its stamp if it has one.
 *
 * A conversation's turns are a list of ids and a hash: `m<id>` message, `p<id>` progress, `s<id>`
 * stamp.
 */
const PUT_IN_QUEUE = `
local function put_in_queue(queue, turns, pending, mark, value, conversation, id, message, mark_ms, most)
  if not redis.call('SET', mark, 1, 'PX', mark_ms, 'NX') then
    return redis.call('HEXISTS', turns, 'm' .. id) == 1 and 'unfinished' or 'finished'
  end
  local length = redis.call('RPUSH', queue, id)
  local is_full = length > tonumber(most)
  -- An unfinished turn may have outlived its mark.
  local is_there = is_full and redis.call('HEXISTS', turns, 'm' .. id) == 1
  if not is_full then is_there = redis.call('HSETNX', turns, 'm' .. id, message) == 0 end
  if is_full or is_there then
    redis.call('RPOP', queue)
    redis.call('DEL', mark)
    return is_there and 'unfinished' or 'full'
  end
  local stamp = value and redis.call('GET', value)
  if stamp then redis.call('HSET', turns, 's' .. id, stamp) end
  if length == 1 then redis.call('SADD', pending, conversation) end
  return 'added', length, stamp
end`;

/**
 * Adds a turn. KEYS: alive, queue, turns, pending, mark, and the value of the stamp if there is one.
 * ARGV: process, lease, conversation, id, message, mark's ms, most turns.
 */
export const ADD: Script = new Script(
  NOW,
  STAY,
  PUT_IN_QUEUE,
  `
stay(KEYS[1], ARGV[1], ARGV[2])
return (put_in_queue(KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], unpack(ARGV, 3)))`,
);

/**
 * Gets into a conversation's line and adds a turn to it. Returns the fence as `ENTER` does, what became
 * of the turn, whether it is the one that the lock is held for, and its stamp.
 *
 * KEYS: those of `ADD`, the value always, then line, holder, lines, fence. ARGV: process, lease, ticket,
 * whether it is sent again, whether there is a stamp, then those of `ADD` from the conversation on.
 */
export const ENTER_AND_ADD: Script = new Script(
  NOW,
  STAY,
  GET_IN_LINE,
  PUT_IN_QUEUE,
  `
stay(KEYS[1], ARGV[1], ARGV[2])
local fence = get_in_line(KEYS[7], KEYS[8], KEYS[9], KEYS[10], ARGV[3], ARGV[6], ARGV[4])
local value = ARGV[5] == '1' and KEYS[6]
local added, length, stamp =
  put_in_queue(KEYS[2], KEYS[3], KEYS[4], KEYS[5], value, unpack(ARGV, 6))
return { fence, added, fence > 0 and length == 1 and 1 or 0, stamp }`,
);

/**
 * The first turns: id, message, progress, stamp of each. One of which Redis has lost all but its place, by
 * making room for other keys say, is taken out of the queue: nobody could finish it.
 * KEYS: queue, turns. ARGV: how many.
 */
export const WAITING: Script = new Script(`
local found, lost
repeat
  found, lost = {}, false
  for _, id in ipairs(redis.call('LRANGE', KEYS[1], 0, ARGV[1] - 1)) do
    local turn = redis.call('HMGET', KEYS[2], 'm' .. id, 'p' .. id, 's' .. id)
    if turn[1] then
      found[#found + 1] = { id, turn[1], turn[2], turn[3] }
    else
      redis.call('LREM', KEYS[1], 1, id)
      lost = true
    end
  end
until not lost
return found`);

/**
 * Commits. Returns 1 done, 0 done but for the value, -1 nothing done: the lock is lost. The holder's
 * record keeps the answer, so that a commit that is sent again is done once.
 *
 * The queue is counted along and not looked at when it may be gone: in a cluster, to touch what is not
 * there while its slot moves to another node is an error, and would leave the commit half done.
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
  -- What has progress is there.
  local is_first = redis.call('HSET', turns, 'p' .. ARGV[8], ARGV[9]) == 1
  if is_first and redis.call('HEXISTS', turns, 'm' .. ARGV[8]) == 0 then
    redis.call('HDEL', turns, 'p' .. ARGV[8])
    return -1
  end
  at = 10
end
local removed = tonumber(ARGV[5])
local left = removed > 0 and redis.call('LLEN', queue) or 0
for i = at, at + removed - 1 do
  local id = ARGV[i]
  if left > 0 and redis.call('LREM', queue, 1, id) == 1 then
    left = left - 1
    redis.call('HDEL', turns, 'm' .. id, 'p' .. id, 's' .. id)
  end
end
if removed > 0 then
  if left == 0 then redis.call('SREM', KEYS[4], ARGV[1]) end
  redis.call('HSET', holder, 'q', left > 0 and 1 or 0)
end
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
