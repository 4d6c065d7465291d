import type { Button, ButtonsFrame, QuickReply } from '../../wire.ts';
import type { ViewContext } from '../context.ts';
import { h, once } from '../dom.ts';
import { safeLink } from '../links.ts';
import { renderText } from './text.ts';

/** A text with buttons. */
export function renderButtons(frame: ButtonsFrame, context: ViewContext): DocumentFragment {
  const fragment = document.createDocumentFragment();
  const text = renderText(frame);
  if (text !== null) fragment.append(text);
  fragment.append(buttonRow(frame.buttons, context));
  return fragment;
}

/** Buttons in a row. One with an address is a link, and none at all where the address is not safe. */
export function buttonRow(buttons: readonly Button[], context: ViewContext): HTMLElement {
  const row = h('div', { class: 'buttons', part: 'buttons' });
  for (const button of buttons) {
    const node = (button.url ?? null) === null ? pressable(button, context) : link(button, context);
    if (node !== null) row.append(node);
  }
  return row;
}

/** A button that sends its payload. */
export function pressable(button: Button | QuickReply, { choose }: ViewContext): HTMLElement {
  return h(
    'button',
    { type: 'button', class: 'button', part: 'button', onclick: once(() => choose(button)) },
    titleOf(button),
  );
}

function link(button: Button, { labels }: ViewContext): HTMLElement | null {
  const href = safeLink(button.url);
  if (href === null) return null;
  return h(
    'a',
    { class: 'button', part: 'button', href, target: '_blank', rel: 'noopener noreferrer' },
    titleOf(button),
    h('span', { class: 'hidden' }, ` (${labels.newTab})`),
  );
}

/** Assistants make mistakes: a button that says nothing can at least be seen. */
function titleOf({ title, payload }: Button | QuickReply): string {
  return title || payload || '…';
}
