// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import { safeImage, safeLink } from '../../src/view/links.ts';

describe('addresses', () => {
  it('lead to pages, mail and telephones, and to nothing else', () => {
    expect(safeLink('/docs')).toBe(new URL('/docs', document.baseURI).href);
    expect(safeLink('mailto:a@example.org')).toBe('mailto:a@example.org');
    for (const bad of [
      'javascript:1',
      ' java\nscript:1',
      'data:text/html,x',
      'blob:x',
      'file:///etc',
      'vbscript:x',
      1,
      null,
      {},
      'http://',
    ]) {
      expect(safeLink(bad), JSON.stringify(bad)).toBeNull();
    }
  });

  it('show pictures of the web and of their own address, and nothing else', () => {
    expect(safeImage('/pizza.svg')).toBe(new URL('/pizza.svg', document.baseURI).href);
    expect(safeImage('https://a.org/b.png')).toBe('https://a.org/b.png');
    expect(safeImage('data:image/png;base64,AA')).toBe('data:image/png;base64,AA');
    for (const bad of [
      'data:text/html,x',
      'data:image/x',
      'javascript:1',
      'blob:x',
      'mailto:a@b.c',
      undefined,
    ])
      expect(safeImage(bad)).toBeNull();
  });
});
