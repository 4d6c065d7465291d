// @vitest-environment jsdom
/*
 * Web chat: a site in another language showed the server's own sentences, in English, wherever something
 * failed for another reason than its length.
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { UserEntry } from '../../src/transcript.ts';
import { ENGLISH, failureOf, type ChatLabels } from '../../src/view/labels.ts';
import { renderUser } from '../../src/view/parts/user.ts';
import { shown, viewContext } from '../support/view.ts';

/** Every text is its name in brackets. */
const OTHER = Object.fromEntries(
  Object.keys(ENGLISH).map((name) => [name, `[${name}]`]),
  // It has the keys of the English ones.
) as unknown as ChatLabels;

/** The codes as they are documented, by the channel and by the client. */
const CODES = ['../../../websocket/README.md', '../../README.md'].flatMap((file) => {
  const readme = readFileSync(new URL(file, import.meta.url), 'utf8');
  const rows = readme
    .slice(readme.search(/## (Limits and errors|Errors)\n/))
    .matchAll(/^\| (`.*?) \|/gm);
  return [...rows].flatMap(([, names = '']) => names.match(/[a-z_]+/g) ?? []);
});

it('has a reason of its own for every code that is documented', () => {
  expect(CODES.toSorted()).toEqual([
    'invalid_field',
    'not_an_object',
    'not_json',
    'refused',
    'too_fast',
    'too_late',
    'too_long',
    'unauthenticated',
    'unavailable',
    'unknown_type',
    'wrong_sender',
  ]);
  const reasons = CODES.map((code) => failureOf('problem', code, ENGLISH));
  expect(reasons).not.toContain(ENGLISH.problem);
  expect(new Set(reasons).size).toBe(CODES.length);
});

it('says what failed, and why where it knows that', () => {
  expect(failureOf('failed', 'too_fast', OTHER)).toBe('[failed]: [tooFast]');
  expect(failureOf('problem', 'unauthenticated', OTHER)).toBe('[problem]: [unauthenticated]');
  expect(failureOf('failed', 'too_long', OTHER)).toBe('[tooLong]');
  for (const code of ['of_a_later_server', 'send', 'toString', null]) {
    expect(failureOf('failed', code, OTHER)).toBe('[failed]');
  }
});

it.each(CODES)('shows nothing of what the server says at a message that failed: %s', (code) => {
  const failed: UserEntry = {
    kind: 'user',
    key: 'user:a',
    epoch: 0,
    seq: null,
    id: 'a',
    text: '',
    status: 'failed',
    error: 'English',
    // Documented, so one of them.
    code: code as NonNullable<UserEntry['code']>,
  };
  const box = shown(renderUser(failed, { ...viewContext(), labels: OTHER }));
  expect(box.textContent).not.toContain('English');
});
