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

  it.each([
    // A password with something special in it was read as a host, a port or a database; the last one
    // ended the process as soon as Redis was there.
    'redis://:se/cret@localhost',
    'redis://anna:12/secret@localhost',
    'redis://:se#cret@localhost',
    'redis://:se%cret@localhost',
    'redis://localhost/secret',
    'redis://localhost?db=secret',
  ])('%s is refused, and not said again', (url) => {
    const make = (): RedisStore => new RedisStore({ url });
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(/with a number at the end: write what is special in a password/);
    expect(make).not.toThrow(/cret/);
  });

  it.each([
    'redis://localhost',
    'redis://localhost/',
    'rediss://my_redis:6380/12',
    'redis://anna:se%2Fcret@[::1]:6379/0?family=6',
    'redis://localhost?db=3',
  ])('%s is taken', async (url) => {
    await new RedisStore({ url }).close();
  });

  it('say nothing of a password in a URL that is wrong', () => {
    const make = (): RedisStore => new RedisStore({ url: 'http://anna:secret@localhost' });
    expect(make).toThrow(/redis:/);
    expect(make).not.toThrow(/secret/);
  });
});
