import type { StreamEntry } from '../../transcript.ts';
import type { ViewContext } from '../context.ts';
import { h } from '../dom.ts';
import { renderMarkdown } from '../markdown.ts';

/** A text that grows, with a cursor at its end while it does. */
export function renderStream(
  { text, state }: StreamEntry,
  { labels }: ViewContext,
): DocumentFragment {
  const fragment = document.createDocumentFragment();
  const bubble = h('div', {
    class: `bubble ${state}`,
    part: 'bubble',
    dir: 'auto',
    'aria-busy': String(state === 'open'),
  });
  bubble.append(renderMarkdown(text));
  // One that was cut by a crash may be known to have been, and no more.
  if (bubble.hasChildNodes() || state === 'open') fragment.append(bubble);
  if (state === 'interrupted' || state === 'stopped') {
    fragment.append(h('div', { class: 'status' }, labels[state]));
  }
  return fragment;
}
