import type { QuickRepliesFrame } from '../../wire.ts';
import type { ViewContext } from '../context.ts';
import { h } from '../dom.ts';
import { pressable } from './buttons.ts';
import { renderText } from './text.ts';

/** A text with quick replies, which are gone once the user has answered. */
export function renderQuickReplies(
  frame: QuickRepliesFrame,
  context: ViewContext,
  isAnswered: boolean,
): DocumentFragment {
  const fragment = document.createDocumentFragment();
  const text = renderText(frame);
  if (text !== null) fragment.append(text);
  if (isAnswered) return fragment;
  fragment.append(
    h(
      'div',
      {
        class: 'buttons quick-replies',
        part: 'quick-replies',
        role: 'group',
        'aria-label': context.labels.quickReplies,
      },
      ...frame.quick_replies.map((reply) => pressable(reply, context)),
    ),
  );
  return fragment;
}
