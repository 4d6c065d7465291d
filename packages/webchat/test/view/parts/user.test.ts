// @vitest-environment jsdom
import { expect, it } from 'vitest';
import type { UserEntry } from '../../../src/transcript.ts';
import { ENGLISH } from '../../../src/view/labels.ts';
import { renderUser } from '../../../src/view/parts/user.ts';
import { shown, viewContext } from '../../support/view.ts';

const entry = (changes: Partial<UserEntry>): UserEntry => ({
  kind: 'user',
  key: 'user:a',
  epoch: 0,
  seq: null,
  id: 'a',
  text: '**Hi** <b>you</b>',
  status: 'sent',
  error: null,
  code: null,
  ...changes,
});

it('is plain text', () => {
  const box = shown(renderUser(entry({}), viewContext()));
  expect(box.textContent).toBe('**Hi** <b>you</b>');
  expect(box.querySelector('b')).toBeNull();
});

it('says that it is not there yet, and why it failed, and tries again', () => {
  const context = viewContext();
  expect(shown(renderUser(entry({ status: 'pending' }), context)).textContent).toContain(
    'Not sent yet',
  );
  const failed = shown(
    renderUser(entry({ status: 'failed', error: 'try later', code: 'refused' }), context),
  );
  expect(failed.querySelector('.failed')?.textContent).toBe(
    `Could not be sent: ${ENGLISH.refused} Try again`,
  );
  failed.querySelector('button')?.click();
  expect(context.retry).toHaveBeenCalledWith('a');
});

it('says in words that can be translated that it was too long, and does not offer to try again', () => {
  const context = { ...viewContext(), labels: { ...ENGLISH, tooLong: 'Zu lang' } };
  const long = entry({ status: 'failed', error: 'send it in parts', code: 'too_long' });
  const failed = shown(renderUser(long, context));
  expect(failed.querySelector('.failed')?.textContent).toBe('Zu lang');
  expect(failed.querySelector('button')).toBeNull();
});
