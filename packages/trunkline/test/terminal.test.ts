import { describe, expect, it } from 'vitest';
import { harmless, paint, type Screen } from '../src/terminal.ts';

const screen = (hasColors?: boolean): Screen => ({
  write() {},
  ...(hasColors === undefined ? {} : { hasColors: () => hasColors }),
});

describe('paint', () => {
  it('colours where the terminal has colours, and nowhere else', () => {
    expect(paint(screen(true), 'red', 'x')).toBe('\u001b[31mx\u001b[39m');
    expect(paint(screen(false), 'red', 'x')).toBe('x');
    expect(paint(screen(), 'red', 'x')).toBe('x');
  });
});

describe('harmless', () => {
  it.each([
    ['plain\ntext\tü €', 'plain\ntext\tü €'],
    ['\u001b[2J\u001b]0;title\u0007x', '[2J]0;titlex'],
    ['a\rb\bc\0', 'abc'],
    ['\u009b31m', '31m'],
  ])('leaves of %j no control but line breaks and tabs', (text, left) => {
    expect(harmless(text)).toBe(left);
  });
});
