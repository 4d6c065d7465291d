// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import { safeImage, safeLink } from '../../src/view/links.ts';

describe('addresses', () => {
  it('leads to pages, mail and telephones, and to nothing else', () => {
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

  it('shows pictures', () => {
    expect(safeImage('data:image/png;base64,AA')).toBe('data:image/png;base64,AA');
    for (const bad of ['data:text/html,x', 'javascript:1', 'blob:x', undefined])
      expect(safeImage(bad)).toBeNull();
  });
});
