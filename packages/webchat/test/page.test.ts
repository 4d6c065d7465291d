// @vitest-environment jsdom
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { listenToPage, type PageListeners } from '../src/page.ts';

const told = {
  onChange: vi.fn<PageListeners['onChange']>(),
  onStorage: vi.fn<PageListeners['onStorage']>(),
  onRestored: vi.fn<PageListeners['onRestored']>(),
};
let stop: () => void;

beforeEach(() => {
  vi.clearAllMocks();
  stop = listenToPage(told);
});
afterEach(() => {
  stop();
  vi.restoreAllMocks();
});

const show = (visibility: DocumentVisibilityState): void => {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(visibility);
  document.dispatchEvent(new Event('visibilitychange'));
};

it('tells that the network has gone or is back, and that the page is looked at again', () => {
  dispatchEvent(new Event('offline'));
  expect(told.onChange).toHaveBeenCalledTimes(1);
  dispatchEvent(new Event('online'));
  expect(told.onChange).toHaveBeenCalledTimes(2);
  show('hidden');
  expect(told.onChange).toHaveBeenCalledTimes(2);
  show('visible');
  expect(told.onChange).toHaveBeenCalledTimes(3);
});

it('tells of a page that is as it was left, and not of one that was loaded', () => {
  dispatchEvent(new PageTransitionEvent('pageshow', { persisted: false }));
  expect(told.onRestored).not.toHaveBeenCalled();
  dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
  expect(told.onRestored).toHaveBeenCalledOnce();
});

it('tells nothing any more when that is ended', () => {
  dispatchEvent(new StorageEvent('storage'));
  expect(told.onStorage).toHaveBeenCalledOnce();
  stop();
  dispatchEvent(new Event('online'));
  dispatchEvent(new StorageEvent('storage'));
  dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
  show('visible');
  expect(told.onChange).not.toHaveBeenCalled();
  expect(told.onStorage).toHaveBeenCalledOnce();
  expect(told.onRestored).not.toHaveBeenCalled();
});
