import type { Choice, Reply, UserMessage } from '@trunkline/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';
import type { Overlap } from '../../src/turns/overlap.ts';
import { newProgress, type Progress } from '../../src/turns/progress.ts';
import { encodeMessage, type StoredMessage } from '../../src/turns/stored-message.ts';
import { post } from '../support/engine.ts';
import { Processes, type EngineProcess } from '../support/processes.ts';
import { StreamOutput } from '../support/stream-output.ts';

expectNoUnhandledRejections();

/** `TURN_MODEL_RUNS=20000 npx vitest run --project core turns/damaged` for more of them. */
const numRuns = Number(process.env['TURN_MODEL_RUNS'] ?? 500);

const CONVERSATION = 'test::ada';
const AT = 1_700_000_000_000;
const STEPS: Progress['steps'] = [
  { state: 'done', kind: 'request', receipts: [{ ts: '1' }] },
  null,
  { state: 'failed', kind: 'call', error: 'the user has blocked us' },
  { state: 'begun', kind: 'stream', receipts: [{ ts: '2' }], text: 'half' },
];
const ONE = { title: 'One', payload: '/one' };
const MENU = { id: 'turn:menu', options: [ONE], response: { text: 'Which?', buttons: [ONE] } };

/** A message as every version stores it, with all that it may carry. */
function written(messageId: string, more: Partial<StoredMessage> = {}): StoredMessage {
  const choice: Choice = { title: 'One', payload: '/one' };
  const carried = {
    account: 'acme',
    authenticated: false,
    metadata: { a: [1] },
    attachments: [{ type: 'image' as const, url: 'https://example.org/a.png' }],
    headers: { host: 'example.org' },
    parseData: { intent: { name: 'greet' }, entities: [{}] },
    ...(messageId === 'chosen' ? { choice } : {}),
  };
  const about = { channel: 'test', key: CONVERSATION, at: AT, ...more };
  return JSON.parse(encodeMessage(about, post('1', { messageId, ...carried })));
}

interface Left {
  message: StoredMessage;
  progress: Progress | null;
}

const pending = [
  { response: { text: 'wait', buttons: [{ title: 'One' }] }, trackerState: { sender_id: 'ada' } },
  { response: { text: 'sorry' }, trackerState: null, from: 6 },
] as unknown as Progress['pending'];

/** What may be left of a turn. */
const LEFT: Left[] = [
  { message: written('0', { startsAtOnce: true, stamp: MENU }), progress: null },
  { message: written('chosen'), progress: { ...newProgress(), runs: 1, deaths: 1, steps: STEPS } },
  {
    message: written('0'),
    progress: {
      ...newProgress(),
      runs: 2,
      waits: 1,
      steps: STEPS,
      retryAt: AT + 10_000,
      waitMs: 10_000,
      startsSession: true,
      answered: true,
      pending,
      pendingFrom: 4,
    },
  },
  {
    message: written('0'),
    progress: { ...newProgress(), runs: 1, deaths: 4, joined: ['test:joined'] },
  },
  {
    message: written('0', {
      turnId: 'named',
      stamp: MENU,
      originals: [written('a').message, written('b').message],
      progress: { ...newProgress(), runs: 1, steps: STEPS, answered: true, pending },
    }),
    progress: null,
  },
  {
    message: written('0', { progress: { ...newProgress(), steps: STEPS } }),
    progress: { ...newProgress(), runs: 1, steps: STEPS, died: 'refused' },
  },
  {
    message: written('0', {
      progress: { ...newProgress(), proactive: 'response', answered: true, pending },
    }),
    progress: null,
  },
  {
    message: written('0', { progress: { ...newProgress(), proactive: 'intent' } }),
    progress: { ...newProgress(), proactive: 'intent', runs: 1 },
  },
];

type Path = readonly (string | number)[];

/** All places in a value, itself left out. */
function placesIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return keys.flatMap((key) => {
    const place = [...path, key];
    return [place, ...placesIn(Reflect.get(value, key), place)];
  });
}

const GONE = Symbol('gone');

/** Puts a value in a place, or takes away what is there. The place may have gone before. */
function damage(target: unknown, [key = '', ...rest]: Path, value: unknown): void {
  if (typeof target !== 'object' || target === null) return;
  if (rest.length > 0) damage(Reflect.get(target, key), rest, value);
  else if (value === GONE) Reflect.deleteProperty(target, key);
  // Of its own: what comes next may be damaged in it.
  else Reflect.set(target, key, structuredClone(value));
}

const PLAIN = [GONE, null, true, '', 'x', 0, -1, 0.5, 3e9, 1e300, AT * 2];
const NESTED: unknown[] = [[], [null], [0], ['x'], [{}], {}, { toString: 1 }, { length: 1 }];

const damages = fc.array(
  fc.record({
    pick: fc.nat(999),
    value: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom<unknown[]>(...PLAIN, ...NESTED) },
      fc.jsonValue(),
    ),
  }),
  { minLength: 1, maxLength: 3 },
);

const plans = fc.record({
  left: fc.constantFrom(...LEFT),
  damages,
  overlap: fc.constantFrom<Overlap[]>('queue', 'latest', 'debounce'),
  isNumbered: fc.boolean(),
});

class NumberedOutput extends StreamOutput {
  override readonly numbersChoices = true;
}

/** What becomes of a damaged turn, and of the one behind it. */
async function goOn(
  left: Left,
  overlap: Overlap,
  isNumbered: boolean = false,
): Promise<Pick<EngineProcess, 'errors' | 'turnReports'> & { waiting: unknown[] }> {
  const all = new Processes();
  const { shared, clock, platform } = all;
  const old = shared.open();
  for (const [id, stored] of [
    ['test:0', left.message],
    ['test:joined', written('joined', { at: AT + 1 })],
    ['test:next', written('next', { at: AT + 2 })],
  ] as const) {
    const turn = { conversation: CONVERSATION, id, message: JSON.stringify(stored) };
    await old.turns.add(turn, { markTtlMs: 1_000, maxTurns: 9 });
  }
  if (left.progress !== null) {
    const save = { id: 'test:0', progress: JSON.stringify(left.progress) };
    await old.turns.commit(await old.lock(CONVERSATION), { save });
  }
  old.kill();
  await clock.advance(10);
  const answer = async ({ text }: UserMessage, reply: Reply): Promise<void> => {
    await reply.text(`about ${text}`);
    await reply.text('and more');
  };
  const assistant = { handle: answer, triggerIntent: (_: unknown, r: Reply) => r.text('yes') };
  const makeOutput = (): StreamOutput =>
    isNumbered ? new NumberedOutput(platform) : new StreamOutput(platform);
  const process = all.start(assistant, { overlap, makeOutput, apology: 'sorry' });
  // The longest that a turn waits.
  await clock.advance(25 * 60 * 60 * 1000);
  const waiting = await shared.memory.turns.waiting(CONVERSATION, 9);
  return { ...process, waiting };
}

describe('a stored turn in which something is damaged', () => {
  it('holds nobody up, whatever it is', { timeout: 1_000_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(plans, async ({ left, damages: all, overlap, isNumbered }) => {
        const damaged = structuredClone(left);
        for (const { pick, value } of all) {
          const places = placesIn(damaged);
          const place = places[pick % places.length] ?? [];
          // The whole of it is what the tests of unreadable turns are about.
          if (place.length > 1) damage(damaged, place, value);
        }
        const { errors, turnReports, waiting } = await goOn(damaged, overlap, isNumbered);
        expect(waiting).toEqual([]);
        const next = turnReports.filter(({ messageId }) => messageId === 'next');
        expect(next).toMatchObject([{ outcome: 'answered' }]);
        expect(errors.filter(({ context }) => context.stage === 'store')).toEqual([]);
      }),
      { numRuns },
    );
  });

  // The story: the one above found it. The turn had been answered, and by its damaged count never run: with
  // `debounce` the next messages became one with it, and a dead letter.
  it('is joined with nothing once it is answered', async () => {
    const left: Left = {
      message: written('0'),
      progress: {
        ...newProgress(),
        answered: true,
        pending: [{ response: { text: [] as never }, trackerState: null }],
      },
    };
    const { turnReports } = await goOn(left, 'debounce');
    const outcomes = turnReports.map(({ messageId, outcome }) => [messageId, outcome]);
    expect(outcomes).toEqual([
      ['0', 'dead'],
      ['joined', 'joined'],
      ['next', 'answered'],
    ]);
  });
});
