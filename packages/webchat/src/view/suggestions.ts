import type { ChatLabels } from './labels.ts';
import { h, once } from './dom.ts';

/** The words of a list with commas. */
export function wordsOf(list: string | null): string[] {
  return (list ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

/** Words to begin with, as buttons. */
export function suggestions(
  words: readonly string[],
  labels: ChatLabels,
  onSay: (word: string) => void,
  place: 'welcome' | 'strip',
): HTMLElement {
  const button = (word: string): HTMLElement =>
    h(
      'button',
      { type: 'button', class: 'button', part: 'suggestion', onclick: once(() => onSay(word)) },
      word,
    );
  return h(
    'div',
    {
      class: `buttons suggestions ${place}`,
      part: 'suggestions',
      role: 'group',
      'aria-label': labels.suggestions,
    },
    ...words.map(button),
  );
}
