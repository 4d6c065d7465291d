import { PassThrough, Writable } from 'node:stream';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Writes } from '../src/writes.ts';

/** A stream that takes down what comes in one write. */
function stream(written: string[]): PassThrough {
  const target = new PassThrough();
  target.pipe(new Writable({ write: (_chunk, _encoding, done) => done() }));
  const uncork = target.uncork.bind(target);
  let held = '';
  target.write = (chunk: unknown) => ((held += String(chunk)), true);
  target.uncork = () => {
    uncork();
    written.push(held);
    held = '';
  };
  return target;
}

const bytes = (text: string): Buffer => Buffer.from(text);

it('sends an answer before anything begins, and the rest after a look at the network', async () => {
  const writes = new Writes();
  const written: string[] = [];
  const [one, other] = [stream(written), stream(written)];
  const begun = turnOfLoop().then(() => written.push('a turn begins'));
  writes.soon(one, bytes('ack 1 '));
  writes.soon(one, bytes('ack 2'));
  writes.later(other, bytes('text 1 '));
  await Promise.resolve();
  writes.later(other, bytes('text 2'));
  expect(written).toEqual([]);
  await begun;
  await turnOfLoop();
  expect(written).toEqual(['ack 1 ack 2', 'a turn begins', 'text 1 text 2']);
});

it('keeps the order of what one client is sent', async () => {
  const writes = new Writes();
  const written: string[] = [];
  const one = stream(written);
  writes.later(one, bytes('text '));
  writes.soon(one, bytes('ack '));
  await turnOfLoop();
  await turnOfLoop();
  expect(written).toEqual(['text ack ']);
  writes.soon(one, bytes('ack '));
  writes.later(one, bytes('text'));
  await turnOfLoop();
  expect(written).toEqual(['text ack ', 'ack text']);
});
