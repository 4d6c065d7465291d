// @vitest-environment jsdom
import { expect, it } from 'vitest';
import { renderQuickReplies } from '../../../src/view/parts/quick-replies.ts';
import { logged, shown, viewContext } from '../../support/view.ts';

it('is gone once the user has answered, and the text stays', () => {
  const context = viewContext();
  const replies = [{ title: 'Good', payload: '/good' }];
  const frame = { type: 'quick_replies', text: 'How?', quick_replies: replies, ...logged } as const;
  const open = shown(renderQuickReplies(frame, context, false));
  open.querySelector('button')?.click();
  expect(context.choose).toHaveBeenCalledWith(replies[0]);
  const answered = shown(renderQuickReplies(frame, context, true));
  expect(answered.textContent?.trim()).toBe('How?');
  expect(answered.querySelector('button')).toBeNull();
});
