// @vitest-environment jsdom
import { expect, it, vi } from 'vitest';
import { ENGLISH } from '../../src/view/labels.ts';
import { suggestions, wordsOf } from '../../src/view/suggestions.ts';

it('reads words between commas', () => {
  expect(wordsOf(' help, order now ,,')).toEqual(['help', 'order now']);
  expect(wordsOf(null)).toEqual([]);
});

it('says a word that is pressed', () => {
  const onSay = vi.fn<(word: string) => void>();
  const group = suggestions(['help', 'order'], ENGLISH, onSay, 'strip');
  expect(group.getAttribute('aria-label')).toBe('Suggestions');
  group.querySelectorAll('button')[1]?.click();
  expect(onSay).toHaveBeenCalledExactlyOnceWith('order');
});
