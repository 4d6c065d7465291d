// @vitest-environment jsdom
import { expect, it } from 'vitest';
import { renderText } from '../../../src/view/parts/text.ts';

it.each(['', '   ', '\n\n'])('has no bubble where there is nothing to be seen: %j', (text) => {
  expect(renderText({ text })).toBeNull();
});

it.each(['a', '---', '<T>'])('has a bubble for %j', (text) => {
  expect(renderText({ text })?.className).toBe('bubble');
});
