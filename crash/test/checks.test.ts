import { expect, it } from 'vitest';
import { check } from '../src/checks.mjs';
import type { Findings, Kill, Mode, PlatformEvent, RunRecord } from '../src/record.d.ts';
import { idOf, proactiveIdOf, textsOf } from '../src/script.mjs';

const conversation = 'c1';

/** What happens, in a short hand: each word is one event, a millisecond after the one before. */
function findings(mode: Mode, story: string): Findings {
  const record: RunRecord = { mode, events: [], kills: [], messages: [], outages: [] };
  let worker = 'w1';
  for (const [at, word] of story.trim().split(/\s+/).entries()) {
    const [what = '', n = '0', ...rest] = word.split(':');
    const isProactive = what === 'send' || what === 'tell';
    const id = (isProactive ? proactiveIdOf : idOf)(conversation, Number(n));
    const text = `${id}:${rest[0] ?? 1}`;
    const known: Record<string, () => unknown> = {
      ack: () => record.messages.push({ at, worker, conversation, id }),
      // `send:<n>`: a proactive message is acknowledged; `tell:<n>`: it is said.
      send: () => record.messages.push({ at, worker, conversation, id }),
      tell: () => add({ ...request(), isTaken: true }),
      // `start:<message>:<counter>`
      start: () =>
        add({ kind: 'start', at, worker, conversation, id, count: Number(rest[0] ?? n) }),
      end: () => add({ kind: 'end', at, worker, conversation, id }),
      // `say:<message>:<step>`; `lose`: it does not arrive.
      say: () => add({ ...request(), isTaken: true }),
      lose: () => add({ ...request(), isTaken: false }),
      break: () => add({ kind: 'broken', at, worker, key: text }),
      kill: () => {
        record.kills.push({ at, worker, moment: 'random' } satisfies Kill);
        worker = `w${n === '0' ? 2 : n}`;
      },
      other: () => (worker = 'other'),
    };
    const request = () => ({ kind: 'request', at, worker, key: text, conversation, text }) as const;
    const add = (event: PlatformEvent): unknown => record.events.push(event);
    known[what]?.();
  }
  return check(record);
}

const ONE = 'ack:0 start:0 say:0:1 say:0:2 end:0';
const TWO = 'ack:1 start:1 say:1:1 say:1:2 say:1:3 end:1';

it('finds nothing where all is well', () => {
  expect(textsOf('c1-0')).toHaveLength(2);
  expect(textsOf('c1-1')).toHaveLength(3);
  expect(findings('wasSent', `${ONE} send:0 tell:0 ${TWO}`)).toMatchObject({
    failures: [],
    messages: 2,
    proactive: 1,
    kills: 0,
    reruns: 0,
    repeated: 0,
    missing: 0,
  });
});

it('allows a run again after a kill', () => {
  const story = 'ack:0 start:0 say:0:1 kill:0 start:0 say:0:2 end:0';
  expect(findings('wasSent', story)).toMatchObject({
    failures: [],
    reruns: 1,
    worstRecoveryMs: 1,
    worstUndisturbedMs: 1,
  });
});

it.each<[string, Mode, string, string]>([
  ['a message without a turn', 'wasSent', `${ONE} ack:1`, 'had no turn'],
  ['turns out of order', 'wasSent', `ack:0 ack:1 ${TWO.slice(6)} ${ONE.slice(6)}`, 'out of order'],
  ['a turn of nothing', 'wasSent', 'start:0 say:0:1 say:0:2 end:0 ack:1', 'never acknowledged'],
  ['two runs at a time', 'wasSent', 'ack:0 start:0 ack:1 start:1', 'ran'],
  ['a run again without a kill', 'wasSent', `${ONE} start:0 end:0`, 'was not killed'],
  [
    'a run again after the kill of somebody else',
    'wasSent',
    'ack:0 start:0 say:0:1 end:0 other kill:3 start:0 say:0:2 end:0',
    'was not killed',
  ],
  [
    'a state that was not kept',
    'wasSent',
    `${ONE} ${TWO.replace('start:1', 'start:1:0')}`,
    'counter',
  ],
  [
    'a state that was kept twice',
    'wasSent',
    `${ONE} ${TWO.replace('start:1', 'start:1:2')}`,
    'counter',
  ],
  ['a response that is missing', 'resend', 'ack:0 start:0 say:0:1 kill end:0', 'never said'],
  ['a response that was lost', 'wasSent', 'ack:0 start:0 say:0:1 lose:0:2 end:0', 'never said'],
  [
    'a response said twice',
    'wasSent',
    'ack:0 start:0 say:0:1 kill start:0 say:0:1 say:0:2',
    'twice',
  ],
  ['responses out of order', 'wasSent', 'ack:0 start:0 say:0:2 say:0:1 end:0', 'said out of order'],
  [
    'a repeated response without a kill',
    'resend',
    'ack:0 start:0 say:0:1 say:0:1 say:0:2',
    'excuses',
  ],
  [
    'two repeated responses for one kill',
    'resend',
    'ack:0 start:0 say:0:1 say:0:2 kill start:0 say:0:1 say:0:2',
    'excuses',
  ],
  [
    'a repeated response after which the next one was said',
    'resend',
    'ack:0 start:0 say:0:1 say:0:2 kill start:0 say:0:1 end:0',
    'excuses',
  ],
  ['a proactive message that was not said', 'wasSent', `${ONE} send:0 ${TWO}`, 'c1+0:1 was never'],
  ['a proactive message that was said twice', 'wasSent', `${ONE} send:0 tell:0 tell:0`, 'twice'],
  [
    'a proactive message that was said ahead of its time',
    'wasSent',
    'ack:0 send:0 start:0 say:0:1 tell:0 say:0:2 end:0',
    'said out of order',
  ],
  [
    'a proactive message that was said late',
    'wasSent',
    `${ONE} send:0 ${TWO} tell:0`,
    'said out of order',
  ],
  ['a proactive message that nobody has sent', 'wasSent', `${ONE} tell:0`, 'nobody had to say'],
  [
    'a repeated proactive message after which a turn had begun',
    'resend',
    `${ONE} send:0 tell:0 ack:1 start:1 kill tell:0 start:1 say:1:1 say:1:2 say:1:3`,
    'excuses',
  ],
  [
    'a proactive message that is missing where the kill came later',
    'assume-sent',
    `${ONE} send:0 ${TWO.replace('end:1', 'kill start:1 end:1')}`,
    'excuses',
  ],
  ['a missing response without a kill', 'assume-sent', 'ack:0 start:0 say:0:1 end:0', 'excuses'],
  [
    'two missing responses for one kill',
    'assume-sent',
    'ack:0 ack:1 start:0 say:0:1 say:0:2 start:1 say:1:1 kill start:1 end:1',
    'excuses',
  ],
])('finds %s', (_, mode, story, sentence) => {
  expect(findings(mode, story).failures.join('\n')).toContain(sentence);
});

it('allows one repeated response a kill, and one a request without an answer', () => {
  const killed = 'ack:0 start:0 say:0:1 kill start:0 say:0:1 say:0:2 end:0';
  expect(findings('resend', killed)).toMatchObject({ failures: [], repeated: 1 });
  const late = 'ack:0 start:0 say:0:1 say:0:2 end:0 kill start:0 say:0:2 end:0';
  expect(findings('resend', late)).toMatchObject({ failures: [], repeated: 1 });
  const broken = 'ack:0 start:0 say:0:1 break:0:1 say:0:1 say:0:2 end:0';
  expect(findings('resend', broken)).toMatchObject({ failures: [], repeated: 1, broken: 1 });
});

it('allows one missing response a kill, and one a request without an answer', () => {
  const killed = 'ack:0 start:0 say:0:1 kill start:0 end:0';
  expect(findings('assume-sent', killed)).toMatchObject({ failures: [], missing: 1 });
  const broken = 'ack:0 start:0 say:0:1 lose:0:2 break:0:2 end:0';
  expect(findings('assume-sent', broken)).toMatchObject({ failures: [], missing: 1 });
});

it('allows a proactive message what it allows an answer', () => {
  const repeated = `${ONE} send:0 tell:0 kill tell:0 ${TWO}`;
  expect(findings('resend', repeated)).toMatchObject({ failures: [], repeated: 1 });
  const missing = `${ONE} send:0 kill ${TWO}`;
  expect(findings('assume-sent', missing)).toMatchObject({ failures: [], missing: 1 });
});
