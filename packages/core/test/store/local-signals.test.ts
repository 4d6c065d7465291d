import { LocalSignals } from '@trunkline/core';
import { expect, it } from 'vitest';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';

expectNoUnhandledRejections();

it('tells everybody who listens to a topic, until they stop', () => {
  const signals = new LocalSignals();
  const heard: unknown[] = [];
  const stop = signals.listen('a', (news) => void heard.push(['first', news]));
  const stopSecond = signals.listen('a', (news) => void heard.push(['second', news]));
  signals.listen('b', () => void heard.push('b'));
  signals.send('a', 1);
  stop();
  stop();
  signals.send('a', 2);
  stopSecond();
  signals.send('a', 3);
  expect(heard).toEqual([
    ['first', 1],
    ['second', 1],
    ['second', 2],
  ]);
});

it('is troubled by no listener that fails', () => {
  const signals = new LocalSignals();
  const heard: unknown[] = [];
  signals.listen('a', () => {
    throw new Error('oops');
  });
  // One that is `async` all the same, as JavaScript lets it be.
  const later = async (): Promise<unknown> => Promise.reject(new Error('later'));
  const listener: () => unknown = later;
  signals.listen('a', listener);
  signals.listen('a', (news) => void heard.push(news));
  signals.send('a', 1);
  expect(heard).toEqual([1]);
});

it('tells nobody who was stopped by the one before', () => {
  const signals = new LocalSignals();
  let count = 0;
  signals.listen('a', () => stop());
  const stop = signals.listen('a', () => void count++);
  signals.send('a', 1);
  expect(count).toBe(0);
});

it('knows one listener that listens twice as two', () => {
  const signals = new LocalSignals();
  let count = 0;
  const listener = (): void => void count++;
  const stop = signals.listen('a', listener);
  signals.listen('a', listener);
  stop();
  signals.send('a', 1);
  expect(count).toBe(1);
});
