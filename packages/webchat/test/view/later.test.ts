// @vitest-environment jsdom
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { later } from '../../src/view/later.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('runs once a frame, however often it is asked for', () => {
  const run = vi.fn<() => void>();
  const { soon } = later(run);
  for (let i = 0; i < 10; i++) soon();
  expect(run).not.toHaveBeenCalled();
  vi.advanceTimersByTime(20);
  expect(run).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(1_000);
  expect(run).toHaveBeenCalledOnce();
  soon();
  vi.advanceTimersByTime(20);
  expect(run).toHaveBeenCalledTimes(2);
});

it('leaves three times as long as it took to everything else', () => {
  const run = vi.fn<() => void>(() => void vi.advanceTimersByTime(100));
  const { soon } = later(run);
  soon();
  vi.advanceTimersByTime(20);
  soon();
  vi.advanceTimersByTime(250);
  expect(run).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(100);
  expect(run).toHaveBeenCalledTimes(2);
});

it('runs in a page that nobody sees as well, which has no frames', () => {
  vi.stubGlobal('requestAnimationFrame', () => 0);
  vi.stubGlobal('cancelAnimationFrame', () => {});
  const run = vi.fn<() => void>();
  const { soon, cancel } = later(run);
  soon();
  vi.advanceTimersByTime(250);
  expect(run).toHaveBeenCalledOnce();
  soon();
  cancel();
  vi.advanceTimersByTime(1_000);
  expect(run).toHaveBeenCalledOnce();
});
