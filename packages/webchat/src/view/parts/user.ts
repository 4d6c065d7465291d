import type { UserEntry } from '../../transcript.ts';
import type { ViewContext } from '../context.ts';
import { h } from '../dom.ts';
import { failureOf } from '../labels.ts';

/** What the user said, and whether it has arrived. Plain text: nobody wrote Markdown. */
export function renderUser(entry: UserEntry, { labels, retry }: ViewContext): DocumentFragment {
  const { text, status, code, id } = entry;
  const fragment = document.createDocumentFragment();
  fragment.append(h('div', { class: 'bubble plain', part: 'bubble', dir: 'auto' }, text));
  if (status === 'pending') fragment.append(h('div', { class: 'status late' }, labels.pending));
  if (status !== 'failed') return fragment;
  const failed = h('div', { class: 'status failed' }, failureOf('failed', code, labels));
  fragment.append(failed);
  if (code === 'too_long') return fragment;
  const onclick = (): void => {
    if (id !== null) retry(id);
  };
  failed.append(
    ' ',
    h('button', { type: 'button', class: 'retry', part: 'button', onclick }, labels.retry),
  );
  return fragment;
}
