import type { Reply } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';
import { Processes, type EngineProcess } from '../support/processes.ts';
import { StreamOutput } from '../support/stream-output.ts';

expectNoUnhandledRejections();

/* What an earlier version has stored, word for word: an update must go on from there. */

const AT = 1_700_000_000_000;
const MESSAGE =
  '{"message":{"text":"Hi","senderId":"ada","messageId":"1","address":{"to":"ada"},"account":null,"inputChannel":"test"},"channel":"test","key":"test::ada","at":1700000000000,"startsAtOnce":true}';

/** The platform went away in the stream "abc": each response named the stream that it closed. */
const LEFT =
  '{"runs":1,"deaths":0,"waits":1,"steps":[{"state":"done","kind":"request","receipts":[{"ts":"1"}]},{"state":"done","kind":"stream","receipts":[{"ts":"2"},{"ts":"3"}],"text":"a","isCut":true}],"answered":true,"pending":[{"response":{"text":"abc"},"trackerState":null,"cut":1},{"response":{"text":"last"},"trackerState":null}],"pendingFrom":2,"startsSession":true,"retryAt":1700000018835}';

/** The process died in the stream. */
const CUT =
  '{"runs":1,"deaths":1,"waits":0,"steps":[{"state":"done","kind":"request","receipts":[{"ts":"1"}]},{"state":"begun","kind":"stream","receipts":[{"ts":"2"}],"text":"a"}],"answered":false,"pending":[],"pendingFrom":0,"startsSession":true}';

/** The texts that this version says, where that one has left a turn. */
async function textsAfter(
  leave: (all: Processes) => unknown,
  goOn: (process: EngineProcess) => Promise<unknown> = async () => {},
): Promise<string[]> {
  const all = new Processes();
  await leave(all);
  const makeOutput = (): StreamOutput => new StreamOutput(all.platform);
  const say = async (_message: unknown, reply: Reply): Promise<void> => {
    await reply.text('first');
    await reply.text('whole');
  };
  const process = all.start(say, { makeOutput });
  await goOn(process);
  await all.clock.advance(100_000);
  return all.platform.texts;
}

async function leaveTurn({ shared, clock }: Processes, progress: string): Promise<void> {
  const old = shared.open();
  const conversation = 'test::ada';
  const lock = await old.lock(conversation);
  const how = { markTtlMs: 1_000, maxTurns: 9 };
  await old.turns.add({ conversation, id: 'test:1', message: MESSAGE }, how);
  await old.turns.commit(lock, { save: { id: 'test:1', progress } });
  old.kill();
  await clock.advance(10);
}

describe('what an earlier version has stored', () => {
  // The message was left as if more of it were to come.
  it('closes the stream that its platform has left, before the text in its place', async () => {
    const texts = await textsAfter((all) => leaveTurn(all, LEFT));
    expect(texts).toEqual(['cut {"ts":"2"} a', 'abc', 'last']);
  });

  it('closes the stream that its process has died in', async () => {
    const texts = await textsAfter((all) => leaveTurn(all, CUT));
    expect(texts).toEqual(['cut {"ts":"2"} a', 'whole']);
  });

  it('is replayed, where it is a dead letter', async () => {
    const { message } = JSON.parse(MESSAGE);
    const progress = { ...JSON.parse(LEFT), died: 'the platform is away' };
    const about = { channel: 'test', acceptedAt: AT, diedAt: AT, reason: 'the platform is away' };
    const replay = { conversation: 'test::ada', key: 'test::ada', turn: 'test:1', stamp: null };
    const letter = {
      ...about,
      ...replay,
      message,
      progress,
      turnId: 'GutYIkPXqAviTw8CEa9Y45QTAz0',
    };
    const texts = await textsAfter(
      ({ shared }) => shared.memory.values.set('dead-letters', letter.turnId, letter),
      ({ engine }) => engine.replay(letter.turnId),
    );
    expect(texts).toEqual(['cut {"ts":"2"} a', 'abc', 'last']);
  });
});
