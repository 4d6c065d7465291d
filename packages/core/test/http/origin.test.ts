import { describe, expect, it } from 'vitest';
import { isOrigin } from '../../src/http/origin.ts';

describe('isOrigin', () => {
  it.each([
    'https://example.org',
    'http://localhost:3000',
    'capacitor://localhost',
    'chrome-extension://abc',
  ])('takes %s', (origin) => expect(isOrigin(origin)).toBe(true));

  it.each([
    'https://example.org/',
    'https://example.org/page',
    'https://Example.org',
    'https://example.org:443',
    'capacitor://localhost/',
    'example.org',
    'file://',
    'mailto:me@example.org',
    'null',
    '*',
    '',
    null,
    7,
  ])('does not take %s, which no browser sends', (value) => expect(isOrigin(value)).toBe(false));
});
