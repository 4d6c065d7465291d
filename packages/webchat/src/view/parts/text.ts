import type { TextFrame } from '../../wire.ts';
import { h } from '../dom.ts';
import { renderMarkdown } from '../markdown.ts';

/** A text, in a bubble; `null` where there is nothing to be seen. */
export function renderText({ text }: Pick<TextFrame, 'text'>): HTMLElement | null {
  const content = renderMarkdown(text);
  // Spaces alone, say.
  if (!content.hasChildNodes()) return null;
  const bubble = h('div', { class: 'bubble', part: 'bubble', dir: 'auto' });
  bubble.append(content);
  return bubble;
}
