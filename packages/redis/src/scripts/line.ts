import { Script } from '../script.ts';
import { NOW, STAY } from './living.ts';

/**
 * Lua: the next fence. A counter that is new begins with the time: a Redis that has lost its data must not
 * give out those again that somebody still holds.
 */
const NEXT_FENCE = `
local function next_fence(counter)
  local fence = redis.call('INCR', counter)
  if fence > 1 then return fence end
  local time = redis.call('TIME')
  fence = time[1] * 1000 + math.floor(time[2] / 1000)
  redis.call('SET', counter, fence)
  return fence
end`;

/**
 * Lua: gives the lock to the first in line, if there is one. A line is a list of tickets,
 * `<process>:<number>`; the first holds the lock, and its holder record says with which fence. The
 * record also remembers the commits that were made with the lock, and goes when the lock does. Whether
 * the last one that removed turns has left others, `q`, goes on to the next holder.
 *
 * The record of the next holder takes the old one's place without a moment between: in a cluster, a key
 * that is not there cannot be written while its slot moves to another node.
 *
 * The process of the first hears of it, except `me`, which learns it from the answer.
 */
const GRANT = `${NEXT_FENCE}
local function tell(channels, ticket, fence, key)
  redis.call('PUBLISH', channels .. string.match(ticket, '^[^:]*'), ticket .. ' ' .. fence .. ' ' .. key)
end
local function grant(ticket, holder, lines, counter, key, channels, me)
  if not ticket then
    redis.call('DEL', holder)
    redis.call('SREM', lines, key)
    return false
  end
  local known = redis.call('HKEYS', holder)
  local fence = next_fence(counter)
  redis.call('HSET', holder, 'f', fence, 't', ticket)
  for _, field in ipairs(known) do
    if string.sub(field, 1, 1) == 'c' then redis.call('HDEL', holder, field) end
  end
  if string.match(ticket, '^[^:]*') ~= me then tell(channels, ticket, fence, key) end
  return { ticket, fence }
end`;

/**
 * Lua: gets into a line. Returns the fence if the lock is free, else 0. Only what is sent again may be in
 * line already. Where nobody is in line there is no record of a holder.
 */
export const GET_IN_LINE: string = `${NEXT_FENCE}
local function get_in_line(line, holder, lines, counter, ticket, key, is_again)
  if is_again == '1' then
    local place = redis.call('LPOS', line, ticket)
    if place == 0 then return tonumber(redis.call('HGET', holder, 'f')) end
    if place then return 0 end
  end
  if redis.call('RPUSH', line, ticket) > 1 then return 0 end
  redis.call('SADD', lines, key)
  local fence = next_fence(counter)
  redis.call('HSET', holder, 'f', fence, 't', ticket)
  return fence
end`;

/**
 * Gets into a line. Returns the fence if the lock is free, else 0. Sent again, it does nothing more.
 *
 * KEYS: line, holder, lines, fence, alive. ARGV: ticket, key, process, lease, whether it is sent again.
 */
export const ENTER: Script = new Script(
  NOW,
  STAY,
  GET_IN_LINE,
  `
stay(KEYS[5], ARGV[3], ARGV[4])
return get_in_line(KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[1], ARGV[2], ARGV[5])`,
);

/**
 * Gets out of a line, from any place. Returns ticket and fence of the next holder if it is of the
 * same process; 1 if nobody is in line any more, and turns were left. The record says so: to look at the
 * queue, which is mostly not there, would wait in a cluster until its slot has moved.
 *
 * KEYS: line, holder, lines, fence. ARGV: ticket, key, process, channels.
 */
export const LEAVE: Script = new Script(
  GRANT,
  `
local line, ticket, process = KEYS[1], ARGV[1], ARGV[3]
local first = redis.call('LRANGE', line, 0, 1)
if first[1] ~= ticket then
  redis.call('LREM', line, 1, ticket)
  return false
end
redis.call('LPOP', line)
if not first[2] and redis.call('HGET', KEYS[2], 'q') == '1' then
  grant(nil, KEYS[2], KEYS[3], KEYS[4], ARGV[2])
  return 1
end
local given = grant(first[2], KEYS[2], KEYS[3], KEYS[4], ARGV[2], ARGV[4], process)
if given and string.match(given[1], '^[^:]*') == process then return given end
return false`,
);

/**
 * Takes the tickets of dead processes out of a line. Returns 1 if turns wait and nobody living does
 * so for them. `remind` tells the holder again, in case that it never heard. Where no record says
 * who holds the lock, it is given to the first.
 *
 * The line is not looked at again, since it may be gone: in a cluster, to touch what is not there while its
 * slot moves to another node is an error.
 *
 * KEYS: line, holder, lines, fence, alive, queue, pending. ARGV: key, channels, remind.
 */
export const PRUNE: Script = new Script(
  NOW,
  GRANT,
  `
local line, holder, key, channels = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local now, lives, first, is_first_dead = now_ms(), {}, nil, false
local tickets = redis.call('LRANGE', line, 0, -1)
for i, ticket in ipairs(tickets) do
  local process = string.match(ticket, '^[^:]*')
  if lives[process] == nil then
    local till = redis.call('ZSCORE', KEYS[5], process)
    lives[process] = till and tonumber(till) > now or false
  end
  if lives[process] then
    first = first or ticket
  else
    redis.call('LREM', line, 1, ticket)
    is_first_dead = is_first_dead or i == 1
  end
end
local fence = redis.call('HGET', holder, 'f')
if is_first_dead or not first or not fence then
  grant(first, holder, KEYS[3], KEYS[4], key, channels, '')
elseif ARGV[3] == '1' then
  tell(channels, first, fence, key)
end
if redis.call('EXISTS', KEYS[6]) == 0 then
  redis.call('SREM', KEYS[7], key)
  return 0
end
return first and 0 or 1`,
);
