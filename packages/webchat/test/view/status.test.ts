// @vitest-environment jsdom
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ENGLISH } from '../../src/view/labels.ts';
import { Status } from '../../src/view/status.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What is out of sight is still in the page: a live region that comes with its text is not read out. */
function isShown({ node }: Status): boolean {
  expect(node.hidden).toBe(false);
  return !node.classList.contains('hidden');
}

it('says nothing of a short interruption, and then that it tries again', () => {
  const onTryNow = vi.fn<() => void>();
  const status = new Status(ENGLISH, onTryNow);
  status.state = 'offline';
  status.state = 'connecting';
  vi.advanceTimersByTime(1_000);
  expect(isShown(status)).toBe(false);
  expect(status.node.querySelector('button')?.hidden).toBe(true);
  status.state = 'offline';
  vi.advanceTimersByTime(300);
  expect(isShown(status)).toBe(true);
  expect(status.node.textContent).toContain('No connection. Trying again …');
  status.node.querySelector('button')?.click();
  expect(onTryNow).toHaveBeenCalledOnce();
  status.state = 'connected';
  expect(isShown(status)).toBe(false);
});

it('says for a while what has failed, and at once that all is over', () => {
  const status = new Status(ENGLISH, () => {});
  status.state = 'connected';
  status.fail('too fast');
  expect(status.node.textContent).toContain('too fast');
  vi.advanceTimersByTime(8_000);
  expect(isShown(status)).toBe(false);
  status.state = 'closed';
  expect(status.node.textContent).toContain('The connection is closed.');
});
