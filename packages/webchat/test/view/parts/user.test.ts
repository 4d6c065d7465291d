// @vitest-environment jsdom
import { expect, it } from 'vitest';
import type { UserEntry } from '../../../src/transcript.ts';
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
  const failed = shown(renderUser(entry({ status: 'failed', error: 'too long' }), context));
  expect(failed.textContent).toContain('Could not be sent: too long');
  failed.querySelector('button')?.click();
  expect(context.retry).toHaveBeenCalledWith('a');
});
