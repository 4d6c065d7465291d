// @vitest-environment jsdom
import { expect, it } from 'vitest';
import type { StreamEntry } from '../../../src/transcript.ts';
import { renderStream } from '../../../src/view/parts/stream.ts';
import { shown, viewContext } from '../../support/view.ts';

const show = (text: string, state: StreamEntry['state']): HTMLElement => {
  const entry: StreamEntry = { kind: 'stream', key: 's', epoch: 0, seq: 1, text, state };
  return shown(renderStream(entry, viewContext()));
};

it('is busy while it grows, and has a bubble from the start', () => {
  expect(show('', 'open').querySelector('.bubble')?.getAttribute('aria-busy')).toBe('true');
  expect(show('**a**', 'open').querySelector('strong')?.textContent).toBe('a');
  expect(show('a', 'done').querySelector('.bubble')?.getAttribute('aria-busy')).toBe('false');
});

it('says that it was stopped', () => {
  expect(show('Once', 'stopped').textContent).toMatch(/Once\s*Stopped/);
  expect(show('Once', 'done').textContent.trim()).toBe('Once');
});

it('says that it was interrupted, also where nothing of it is known', () => {
  expect(show('Once', 'interrupted').textContent).toMatch(/Once\s*Interrupted/);
  expect(show('', 'interrupted').querySelector('.bubble')).toBeNull();
});

it('has no bubble where nothing is to be seen', () => {
  expect(show(' \n', 'done').querySelector('.bubble')).toBeNull();
});
