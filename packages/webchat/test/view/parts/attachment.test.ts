// @vitest-environment jsdom
import { expect, it } from 'vitest';
import { nameOf, renderAttachment } from '../../../src/view/parts/attachment.ts';
import { logged, shown, viewContext } from '../../support/view.ts';

const show = (attachment: never): HTMLElement =>
  shown(renderAttachment({ type: 'attachment', attachment, ...logged }, viewContext()));

it('is a link with name and type', () => {
  const box = show({
    url: 'https://a.org/x%20y.pdf',
    name: 'Bill',
    mimeType: 'application/pdf',
  } as never);
  expect(box.querySelector('a')?.href).toBe('https://a.org/x%20y.pdf');
  expect(box.querySelector('.file-name')?.textContent).toBe('Bill');
  expect(box.querySelector('.file-type')?.textContent).toBe('application/pdf');
  expect(show({ url: 'https://a.org/x%20y.pdf' } as never).textContent).toContain('x y.pdf');
});

it('shows a name in the order of its letters', () => {
  // With signs that turn the direction around, a program looked like a picture: `exe.jpg`.
  const name = '\u202Egpj.\u2066exe\u2069';
  const box = show({ url: 'https://a.org/x', name } as never);
  expect(box.querySelector('.file-name')?.textContent).toBe('gpj.exe');
  const nameless = show({ url: `https://a.org/${encodeURIComponent(name)}` } as never);
  expect(nameless.querySelector('.file-name')?.textContent).toBe('gpj.exe');
});

it('is JSON where it is nothing that can be opened', () => {
  for (const other of [{ url: 'javascript:1' }, { id: 7 }, 'text', null, [1]]) {
    const box = show(other as never);
    expect(box.querySelector('a')).toBeNull();
    expect(JSON.parse(box.querySelector('pre')?.textContent ?? '')).toEqual(other);
  }
});

it('has the name of its file', () => {
  expect(nameOf('https://a.org/b/c%2Fd.png?e#f')).toBe('c/d.png');
  expect(nameOf('https://a.org/%zz')).toBe('%zz');
  expect(nameOf('data:image/png;base64,AA')).toBe('');
});
