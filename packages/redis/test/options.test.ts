import { ConfigurationError } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { RedisStore } from '../src/index.ts';

describe('options', () => {
  it.each([
    [{}, /either `url`/],
    [{ url: 'localhost:6379' }, /begin with redis:/],
    [{ url: 'redis://localhost', prefix: 'a{b}' }, /without braces/],
    [{ url: 'redis://localhost', partitions: 0 }, /whole number/],
    [{ url: 'redis://localhost', partitions: 1.5 }, /whole number/],
  ])('%j are refused', (options, reason) => {
    expect(() => new RedisStore(options)).toThrow(ConfigurationError);
    expect(() => new RedisStore(options)).toThrow(reason);
  });

  it('say nothing of a password in a URL that is wrong', () => {
    const make = (): RedisStore => new RedisStore({ url: 'http://anna:secret@localhost' });
    expect(make).toThrow(/redis:/);
    expect(make).not.toThrow(/secret/);
  });
});
