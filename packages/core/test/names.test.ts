import { describe, expect, it } from 'vitest';
import { assertKnownOptions, ConfigurationError } from '@trunkline/core';

const check = (options: object, place?: object): ConfigurationError | null => {
  try {
    assertKnownOptions(options, ['cors', 'auth', 'bodyLimitBytes'], place);
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return error as ConfigurationError;
  }
};

describe('assertKnownOptions', () => {
  it('lets what there is pass', () => {
    expect(check({})).toBeNull();
    expect(check({ cors: true, auth: null })).toBeNull();
  });

  it.each([
    ['corz', 'unknown option "corz", did you mean "cors"?'],
    ['bodyLimit', 'unknown option "bodyLimit": there are cors, auth, bodyLimitBytes'],
    ['bodyLimitByte', 'unknown option "bodyLimitByte", did you mean "bodyLimitBytes"?'],
    ['xyz', 'unknown option "xyz": there are cors, auth, bodyLimitBytes'],
    ['__proto__x', 'unknown option "__proto__x": there are cors, auth, bodyLimitBytes'],
  ])('names what is near %s', (name, message) => {
    expect(check({ [name]: 1 })?.message).toBe(message);
  });

  it('says whose option it is, and where', () => {
    const error = check({ aut: 1 }, { channel: 'rest', within: 'log' });
    expect(error?.message).toBe('[rest] unknown option "log.aut", did you mean "auth"?');
    expect(error).toMatchObject({ option: 'log.aut', channel: 'rest', code: 'configuration' });
  });
});
