// @vitest-environment jsdom
import { expect, it, vi } from 'vitest';
import { ENGLISH } from '../../src/view/labels.ts';
import { suggestions, wordsOf } from '../../src/view/suggestions.ts';

it('reads words between commas', () => {
  expect(wordsOf(' help, order now ,,')).toEqual(['help', 'order now']);
  expect(wordsOf(null)).toEqual([]);
});

it('says a word that is pressed, once also by a double click', () => {
  const onSay = vi.fn<(word: string) => void>();
  const group = suggestions(['help', 'order'], ENGLISH, onSay, 'strip');
  expect(group.getAttribute('aria-label')).toBe('Suggestions');
  for (const detail of [1, 2]) {
    group.querySelectorAll('button')[1]?.dispatchEvent(new MouseEvent('click', { detail }));
  }
  expect(onSay).toHaveBeenCalledExactlyOnceWith('order');
});
