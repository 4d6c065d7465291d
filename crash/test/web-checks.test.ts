import type { Entry } from '@trunkline/webchat/client';
import { expect, it } from 'vitest';
import { checkTranscript, isComplete } from '../src/web/checks.mjs';
import { answersTo, saidAt } from '../src/web/script.mjs';

const place = { key: '', epoch: 0, seq: 0 };
const no = { error: null, code: null };

function user(n: number, status: 'sent' | 'pending' = 'sent'): Entry {
  return { kind: 'user', ...place, id: null, text: saidAt(n), status, ...no };
}

function text(said: string): Entry {
  const frame = { type: 'text', text: said, recipient_id: 's', id: '', seq: 0 } as const;
  return { kind: 'message', ...place, frame };
}

function stream(said: string, state: 'open' | 'done' | 'interrupted' | 'stopped' = 'done'): Entry {
  return { kind: 'stream', ...place, text: said, state };
}

/** Two texts, then a stream. */
const [first = '', second = ''] = answersTo(0);
const [streamed = ''] = answersTo(1);
const ALL = [user(0), text(first), text(second), user(1), stream(streamed)];

it('finds nothing where everything stands there once', () => {
  expect(checkTranscript(2, ALL)).toEqual([]);
  expect(isComplete(2, ALL)).toBe(true);
});

it('allows a stream that was cut and is said once more', () => {
  const entries = [...ALL.slice(0, 4), stream('answer 1.1 piece', 'interrupted'), ALL[4] as Entry];
  expect(checkTranscript(2, entries)).toEqual([]);
});

it.each<[string, readonly Entry[], string]>([
  ['an answer that is missing', ALL.toSpliced(2, 1), `"${second}" has to come`],
  ['an answer twice', [...ALL, stream(streamed)], 'is too much'],
  ['answers out of order', [text(second), text(first), ...ALL.slice(3)], 'has to come'],
  ['a stream that lacks a piece', [...ALL.slice(0, 4), stream('answer 1.1')], 'has to come'],
  ['a stream that is open', [...ALL.slice(0, 4), stream(streamed, 'open')], 'open stream'],
  ['what was said twice', [user(0), ...ALL], `"${saidAt(1)}" has to come`],
  ['what was said and is gone', ALL.slice(0, 3), `"${saidAt(1)}" has to come`],
  ['what was not sent', [...ALL.slice(0, 3), user(1, 'pending'), ...ALL.slice(4)], 'not sent'],
  ['a gap', [{ kind: 'gap', ...place, missing: 1 }, ...ALL], 'should not be: gap'],
  ['a session that was forgotten', [{ kind: 'anew', ...place }, ...ALL], 'should not be: anew'],
])('finds %s', (_, entries, sentence) => {
  expect(checkTranscript(2, entries).join('\n')).toContain(sentence);
});

it('waits for what is missing, and for a stream to end', () => {
  expect(isComplete(2, ALL.slice(0, 4))).toBe(false);
  expect(isComplete(2, [...ALL, stream('', 'open')])).toBe(false);
});
