import type { TextFrame } from '../../wire.ts';
import { h } from '../dom.ts';
import { renderMarkdown } from '../markdown.ts';

/** A text, in a bubble. */
export function renderText({ text }: Pick<TextFrame, 'text'>): HTMLElement | null {
  if (text === '') return null;
  const bubble = h('div', { class: 'bubble', part: 'bubble', dir: 'auto' });
  bubble.append(renderMarkdown(text));
  return bubble;
}
