import type { AnewEntry, GapEntry } from '../../transcript.ts';
import type { ViewContext } from '../context.ts';
import { h } from '../dom.ts';

/** A line across the conversation. */
export function renderNotice(entry: AnewEntry | GapEntry, { labels }: ViewContext): HTMLElement {
  return h('div', { class: 'notice', part: 'notice' }, sentenceOf(entry, labels));
}

function sentenceOf(entry: AnewEntry | GapEntry, labels: ViewContext['labels']): string {
  if (entry.kind === 'anew') return labels.anew;
  if (entry.missing === null) return labels.missingSome;
  return labels.missing.replace('{n}', String(entry.missing));
}
