import { RasaAssistant, RasaCallback, type RasaOptions } from '@trunkline/rasa';
import { ConfigurationError } from '@trunkline/core';
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../src/options.ts';

const url = 'http://localhost:5005';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = (half: 'privateKey' | 'publicKey'): unknown =>
  half === 'privateKey'
    ? ec.privateKey.export({ type: 'pkcs8', format: 'pem' })
    : ec.publicKey.export({ type: 'spki', format: 'pem' });

describe('the options', () => {
  it('have defaults', () => {
    expect(resolveOptions({ url })).toMatchObject({
      origin: url,
      prefix: '',
      token: null,
      jwt: null,
      tokens: 'detect',
      trackerState: false,
      resume: false,
      connectMs: 5_000,
      firstByteMs: 30_000,
      idleMs: 30_000,
      totalMs: 120_000,
      retryMs: 5_000,
    });
  });

  // Lines are written where a failure is dealt with: a second one there may end the process.
  it('take a logger that throws for one that says nothing', () => {
    const throwing = (): never => {
      throw new TypeError('Converting circular structure to JSON');
    };
    const logger = { debug: throwing, info: throwing, warn: throwing, error: throwing };
    const { logger: guarded } = resolveOptions({ url, logger });
    expect(() => guarded?.error({}, 'something failed')).not.toThrow();
  });

  it.each([
    ['https://bots.example/rasa/', 'https://bots.example', '/rasa'],
    ['http://[::1]:5005', 'http://[::1]:5005', ''],
    ['http://rasa:5005/a/b//', 'http://rasa:5005', '/a/b'],
  ])('take %s apart', (where, origin, prefix) => {
    expect(resolveOptions({ url: where })).toMatchObject({ origin, prefix });
  });

  // What JavaScript, or a file, may hold.
  it.each<[unknown, string]>([
    [undefined, 'takes options'],
    ['http://localhost', 'takes options'],
    [{}, 'url must say where Rasa is'],
    [{ url: 'localhost:5005' }, 'url must begin with http(s)://'],
    [{ url: 'http://me:hunter2@rasa:5005' }, 'url must not hold a user'],
    [{ url: 'http://rasa:5005?token=a' }, 'url must end with its path'],
    [{ url, tokne: 'x' }, 'has no option "tokne": there are url, token, '],
    [{ url, token: '' }, 'token must be a text'],
    [{ url, tokens: 'auto' }, 'tokens must be "detect", "join" or "separate"'],
    [{ url, trackerState: 'yes' }, 'trackerState must be true or false'],
    [{ url, firstByteMs: 0 }, 'firstByteMs must be a whole number of at least 1'],
    [{ url, retryMs: -1 }, 'retryMs must be a whole number of at least 0'],
    [{ url, jwt: 'secret' }, 'jwt.key must be a text'],
    [{ url, jwt: { key: 'k', algorithm: 'none' } }, 'jwt.algorithm must be a name'],
    [{ url, jwt: { key: 'k', algorithm: 'RS256' } }, 'jwt.key must be a private key'],
    [{ url, jwt: { key: '-----BEGIN PRIVATE KEY-----', algorithm: 'RS256' } }, 'jwt.key must be a'],
    [{ url, jwt: { key: pem('publicKey'), algorithm: 'ES256' } }, 'jwt.key must be a private key'],
    [{ url, jwt: { key: pem('privateKey'), algorithm: 'RS256' } }, 'jwt.key is no key for RS256'],
    [{ url, jwt: { key: pem('privateKey'), algorithm: 'ES384' } }, 'jwt.key is no key for ES384'],
    [{ url, jwt: { key: pem('privateKey'), algorithm: 'ES257' } }, 'jwt.algorithm must be a name'],
    [{ url, jwt: { key: pem('privateKey') } }, 'jwt.key is a PEM key: name its algorithm'],
    [{ url, via: {} }, 'via must be a RasaCallback'],
    [{ url, via: '' }, 'via must be a RasaCallback'],
    [{ url, resume: true, via: 'rasa' }, 'resume does not go with via'],
    [
      { url, resume: true, via: new RasaCallback({ secret: 's'.repeat(16) }) },
      'resume does not go with via',
    ],
    [{ url, senderId: 'U1' }, 'senderId must be "qualified", "plain" or an object'],
    [{ url, senderId: { toRasa: String } }, 'senderId must be'],
  ])('%j are refused', (options, message) => {
    const make = (): unknown => new RasaAssistant(options as RasaOptions);
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(message);
    expect(make).not.toThrow('hunter2');
  });
});

describe('the options of the callback', () => {
  const secret = 's'.repeat(16);

  it('may come from a file', () => {
    expect(RasaCallback.fromCredentials({ secret }).name).toBe('rasa');
    expect(RasaCallback.fromCredentials({ secret: [secret, 't'.repeat(20)], name: 'r' }).name).toBe(
      'r',
    );
  });

  it.each<[unknown, string]>([
    [null, 'takes options'],
    [{}, 'secret must be a token, not empty'],
    [{ secret: 'tooShort' }, 'secret must have at least 16 characters'],
    [{ secret: [] }, 'secret must be a token, not empty'],
    [{ secret, name: '' }, 'name must be a text'],
    [{ secret, path: '/x' }, 'unknown option "path": there are secret, name, senderId, clock'],
    [{ secret, senderId: 'U1' }, 'senderId must be'],
  ])('%j are refused', (options, message) => {
    const make = (): unknown => RasaCallback.fromCredentials(options);
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(message);
    expect(make).not.toThrow('tooShort');
  });
});
