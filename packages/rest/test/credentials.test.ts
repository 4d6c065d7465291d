import { ConfigurationError } from '@trunkline/core';
import { RestInput, type RestOptions } from '@trunkline/rest';
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../src/credentials.ts';

const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;

describe('the options', () => {
  it('have defaults', () => {
    expect(resolveOptions()).toEqual({
      name: 'rest',
      cors: false,
      bodyLimitBytes: 262_144,
      errors: 'rasa',
      auth: { type: 'none' },
    });
  });

  // A page inside an app could be let in with all others alone.
  it('take origins of apps, which have schemes of their own', () => {
    const cors = ['https://example.org', 'capacitor://localhost', 'chrome-extension://abc'];
    expect(resolveOptions({ cors }).cors).toEqual(cors);
  });

  it('take one bearer token, or several', () => {
    const tokensOf = (token: string | string[]): unknown =>
      resolveOptions({ auth: { type: 'bearer', token } }).auth;
    expect(tokensOf('a')).toEqual({ type: 'bearer', tokens: ['a'] });
    expect(tokensOf(['a', 'b'])).toEqual({ type: 'bearer', tokens: ['a', 'b'] });
  });

  it.each<[string, unknown, string]>([
    ['an unknown option', { corse: true }, 'unknown option "corse"'],
    ['an empty name', { name: '' }, 'name must be'],
    ['a numeric name', { name: 5 }, 'name must be'],
    ['no bytes', { bodyLimitBytes: 0 }, 'bodyLimitBytes'],
    ['bytes as a text', { bodyLimitBytes: '256kB' }, 'bodyLimitBytes'],
    ['unknown errors', { errors: 'none' }, 'errors must be'],
    ['cors as a text', { cors: '*' }, 'cors must be'],
    ['cors with a path', { cors: ['https://example.org/'] }, 'cors must be'],
    ['cors with a path of an app', { cors: ['capacitor://localhost/'] }, 'cors must be'],
    ['cors without a host', { cors: ['file://'] }, 'cors must be'],
    ['cors left empty', { cors: null }, 'cors must be'],
    ['auth left empty', { auth: null }, 'auth must hold'],
    ['auth as a text', { auth: 'bearer' }, 'auth must hold'],
    ['an unknown auth', { auth: { type: 'basic' } }, 'auth.type must be'],
    [
      'a misspelt option of auth',
      { auth: { type: 'jwt', key: 'k', audiance: 'a' } },
      '"auth.audiance"',
    ],
    ['no token', { auth: { type: 'bearer' } }, 'auth.token'],
    ['an empty token', { auth: { type: 'bearer', token: ['a', ''] } }, 'auth.token'],
    ['no tokens', { auth: { type: 'bearer', token: [] } }, 'auth.token'],
    ['no key', { auth: { type: 'jwt' } }, 'auth.key is missing'],
    ['an empty key', { auth: { type: 'jwt', key: '' } }, 'auth.key is empty'],
    ['a key that is none', { auth: { type: 'jwt', key: 'k', algorithms: ['RS256'] } }, 'auth.key'],
    ['a public key as a secret', { auth: { type: 'jwt', key: pem } }, 'auth.key is a PEM key'],
    [
      'secret and public algorithms',
      { auth: { type: 'jwt', key: pem, algorithms: ['HS256', 'ES256'] } },
      'auth.algorithms',
    ],
    [
      'the algorithm none',
      { auth: { type: 'jwt', key: 'k', algorithms: ['none'] } },
      'auth.algorithms',
    ],
    ['no algorithms', { auth: { type: 'jwt', key: 'k', algorithms: [] } }, 'auth.algorithms'],
    [
      'algorithms as a text',
      { auth: { type: 'jwt', key: 'k', algorithms: 'HS256' } },
      'auth.algorithms',
    ],
  ])('refuse %s', (_name, options, message) => {
    const make = (): RestInput => new RestInput(options as RestOptions);
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(message);
  });

  it('never show a secret in an error', () => {
    const auth = { type: 'jwt', key: 'hunter2', algorithms: ['RS256'] } as const;
    expect(() => new RestInput({ auth })).toThrow(/^(?!.*hunter2)/);
  });
});

describe('fromCredentials', () => {
  it('takes nothing, or options', () => {
    expect(RestInput.fromCredentials(null).name).toBe('rest');
    expect(RestInput.fromCredentials(undefined).name).toBe('rest');
    expect(RestInput.fromCredentials({ name: 'rasa' }).name).toBe('rasa');
  });

  it.each(['text', 5, ['a'], true])('refuses %j', (credentials) => {
    expect(() => RestInput.fromCredentials(credentials)).toThrow(ConfigurationError);
  });
});
