import { PassThrough } from 'node:stream';
import { FakeClock } from '@trunkline/testing';
import { expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { deferred } from '../../../scripts/test-support/deferred.ts';
import { Connection } from '../src/connection.ts';
import { Heartbeat } from '../src/heartbeat.ts';
import type { Hub } from '../src/hub.ts';
import type { LiveSession } from '../src/live-session.ts';
import type { LogItem, Unnumbered } from '../src/log.ts';
import { Writes } from '../src/writes.ts';

/** How many items are read at once. */
const PAGE = 50;

const item = (number: number, frame: Unnumbered | null): LogItem => ({
  number,
  at: 0,
  step: null,
  frame,
  isLost: frame === null,
  bytes: 0,
});

it('tells of what is missing also where the client stopped to read before it could be told', async () => {
  const clock = new FakeClock();
  const options = { maxBufferedBytes: 100, drainTimeoutMs: 10_000, idleTimeoutMs: null };
  const hub = {
    clock,
    options,
    writes: new Writes(),
    connections: new Set(),
    heartbeat: new Heartbeat(clock, 30_000),
  } as unknown as Hub;
  const stream = new PassThrough({ highWaterMark: 10 });
  const nothing = (): void => {};
  const socket = { readyState: 1, OPEN: 1, on: nothing, pause: nothing, resume: nothing };
  const connection = new Connection(hub, socket as unknown as WebSocket, stream);
  // A page of what is too old to be shown, and then a message.
  const text = { type: 'text', id: 't', text: 'Hi', recipient_id: 'ada' } as const;
  const items = Array.from({ length: PAGE }, (_, i) => item(i + 1, null));
  items.push(item(PAGE + 1, text));
  const [reached, gate] = [deferred(), deferred()];
  const session = {
    feeds: [],
    streams: { all: () => [] },
    touch: nothing,
    log: {
      head: PAGE + 1,
      async after(number: number) {
        if (number === PAGE) reached.resolve();
        if (number === PAGE) await gate.promise;
        return items.slice(number, number + PAGE);
      },
    },
  } as unknown as LiveSession;
  connection.join(session, 0, false);
  connection.feed?.catchUp();
  await reached.promise;
  connection.refuse('refused', 'x'.repeat(200), null);
  gate.resolve();
  await clock.advance(0);
  const frames: { type: string }[] = [];
  stream.on('data', (bytes: Buffer) => {
    frames.push(JSON.parse(bytes.toString('utf8', bytes.indexOf('{'))));
  });
  await expect.poll(() => frames.at(-1)?.type).toBe('text');
  expect(frames.slice(1)).toEqual([
    { type: 'gap', missing: PAGE },
    { ...text, seq: PAGE + 1 },
  ]);
});
