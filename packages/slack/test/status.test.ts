import { setImmediate } from 'node:timers/promises';
import type { Extra } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { readAddress } from '../src/address.ts';
import { SlackOutput } from '../src/output.ts';
import { Desk } from './support/desk.ts';

const THREAD = { team: 'T1', channel: 'C1', thread: '1.0', user: 'U1' };
const DEFAULTS = { name: 'slack', channel: null, team: null };

function outputOf({ services }: Desk): SlackOutput {
  return new SlackOutput(services, readAddress(THREAD, DEFAULTS));
}

function statuses(desk: Desk): unknown[] {
  return desk.of('assistant.threads.setStatus').map(({ status }) => status);
}

/** A desk on which the status can be set. */
function open(): Desk {
  const desk = new Desk();
  desk.on('assistant.threads.setStatus', () => ({ ok: true }));
  return desk;
}

async function sayHello(
  output: SlackOutput,
  isStreamed: boolean,
  extra: Extra = {},
): Promise<void> {
  if (!isStreamed) return await output.sendTextMessage('U1', 'Hello', extra);
  await output.sendResponseChunkStart('U1', extra);
  await output.sendResponseChunk('U1', 'Hello');
  await output.sendResponseChunkEnd();
}

describe('the status of a long turn', () => {
  it('is shown again before the two minutes are over after which Slack takes it away', async () => {
    const desk = open();
    const output = outputOf(desk);
    output.turnStarted();
    await desk.clock.advance(5 * 60_000);
    const times = desk.calls.map(({ at }) => at);
    expect(times.length).toBeGreaterThanOrEqual(3);
    for (const [index, at] of times.entries()) {
      expect((times[index + 1] ?? desk.clock.now()) - at).toBeLessThan(120_000);
    }
    output.turnEnded();
    await desk.clock.advance(10 * 60_000);
    expect(statuses(desk).slice(times.length)).toEqual(['']);
    expect(desk.clock.pending).toBe(0);
  });

  it('stays away after a message, which has taken it away', async () => {
    for (const isStreamed of [false, true]) {
      const desk = open();
      const output = outputOf(desk);
      output.turnStarted();
      await desk.clock.advance(1_000);
      await sayHello(output, isStreamed);
      await desk.clock.advance(10 * 60_000);
      output.turnEnded();
      await desk.clock.advance(10 * 60_000);
      expect(statuses(desk)).toEqual(['is typing…']);
    }
  });

  // The story: an answer was posted into another thread. Where the question was, the bot went on typing for minutes.
  it.each<[string, Extra]>([
    ['for one user alone', { ephemeral: true }],
    ['for later', { postAt: 2_000_000_000 }],
    ['in another thread', { thread_ts: '9.9' }],
  ])('is taken away where what is said takes nothing away: %s', async (_, extra) => {
    for (const isStreamed of [false, true]) {
      const desk = open();
      const output = outputOf(desk);
      output.turnStarted();
      await desk.clock.advance(1_000);
      await sayHello(output, isStreamed, extra);
      output.turnEnded();
      await desk.clock.advance(0);
      expect(statuses(desk)).toEqual(['is typing…', '']);
    }
  });

  it('is taken away where what is said is in another channel', async () => {
    const desk = open();
    const output = outputOf(desk);
    output.turnStarted();
    await desk.clock.advance(1_000);
    await output.sendCustomJson('U1', { channel: 'C9', thread_ts: THREAD.thread, text: 'Hello' });
    output.turnEnded();
    await desk.clock.advance(0);
    expect(statuses(desk)).toEqual(['is typing…', '']);
  });

  it('is tried again where it is not known whether it was shown', async () => {
    const desk = open();
    const output = outputOf(desk);
    desk.on('assistant.threads.setStatus', (_args, count) =>
      count === 1 ? { ok: false, error: 'internal_error' } : { ok: true },
    );
    output.turnStarted();
    await desk.clock.advance(110_000);
    output.turnEnded();
    await desk.clock.advance(0);
    expect(statuses(desk)).toEqual(['is typing…', 'is typing…', '']);
  });

  it('is shown once for what asks for it outside of a turn, which nothing ends', async () => {
    const desk = open();
    await outputOf(desk).sendTyping();
    await desk.clock.advance(10 * 60_000);
    expect(statuses(desk)).toEqual(['is typing…']);
    expect(desk.clock.pending).toBe(0);
  });

  it('is not renewed where a turn was over before it was shown', async () => {
    const desk = open();
    const output = outputOf(desk);
    output.turnStarted();
    output.turnEnded();
    await setImmediate();
    await desk.clock.advance(10 * 60_000);
    expect(statuses(desk)).toEqual(['is typing…', '']);
    expect(desk.clock.pending).toBe(0);
  });
});
