import { setImmediate } from 'node:timers/promises';
import { MemoryStore, systemClock, type JsonValue, type KeyedLists } from '@trunkline/core';
import { expect, it } from 'vitest';
import type { Feed } from '../src/feed.ts';
import type { Hub } from '../src/hub.ts';
import { LiveSession } from '../src/live-session.ts';
import { Log } from '../src/log.ts';

it('tells once that a log was lost, however much is on its way into it', async () => {
  // A store that is elsewhere: what is asked for at once is answered later, in order.
  let items: JsonValue[] = [];
  const { lists } = new MemoryStore();
  const distant: KeyedLists = {
    last: lists.last.bind(lists),
    after: lists.after.bind(lists),
    async append(_namespace, _key, added) {
      await setImmediate();
      return (items = items.concat(added)).length;
    },
  };
  const { signals } = new MemoryStore();
  const log = new Log(
    distant,
    systemClock,
    { maxMessages: 100, maxBytes: 1e6, maxAgeMs: 1e9 },
    1e9,
  );
  const hub = { clock: systemClock, process: 'p', store: { signals }, log } as unknown as Hub;
  const session = new LiveSession(hub, 'session', true);
  const told: string[] = [];
  session.feeds = [
    {
      beginAnew: (head: number | null) => told.push(`anew after ${head}`),
      logged: (number: number) => told.push(`logged ${number}`),
    } as unknown as Feed,
  ];
  const say = (text: string): unknown =>
    session.say({ type: 'text', id: text, text, recipient_id: 'ada' });
  for (const text of ['1', '2', '3']) await say(text);
  told.length = 0;
  items = [];
  await Promise.all(['4', '5', '6'].map(async (text) => say(text)));
  expect(told).toEqual(['anew after 3', 'logged 1', 'logged 2', 'logged 3']);
  items = [];
  await say('7');
  expect(told.slice(4)).toEqual(['anew after 3', 'logged 1']);
});
