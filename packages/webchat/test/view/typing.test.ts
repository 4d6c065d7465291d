// @vitest-environment jsdom
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ENGLISH } from '../../src/view/labels.ts';
import { Typing } from '../../src/view/typing.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('is shown until something follows, or for half a minute', () => {
  const onChange = vi.fn<() => void>();
  const typing = new Typing(ENGLISH, onChange);
  expect(typing.isShown).toBe(false);
  typing.show();
  vi.advanceTimersByTime(20_000);
  typing.show();
  vi.advanceTimersByTime(20_000);
  expect(typing.isShown).toBe(true);
  vi.advanceTimersByTime(10_000);
  expect(typing.isShown).toBe(false);
  typing.show();
  typing.hide();
  expect(typing.isShown).toBe(false);
  expect(onChange).toHaveBeenCalledTimes(5);
});
