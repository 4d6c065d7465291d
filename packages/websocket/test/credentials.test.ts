import { ConfigurationError } from '@trunkline/core';
import { WebSocketInput, type WebSocketOptions } from '@trunkline/websocket';
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';

const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = publicKey.export({ type: 'spki', format: 'pem' });

describe('the options', () => {
  it.each<[unknown, string]>([
    [{ nam: 'x' }, 'unknown option "nam"'],
    [{ name: '' }, 'name must be'],
    [{ origins: 'https://example.org' }, 'origins must be'],
    [{ origins: ['https://example.org/'] }, 'origins must be'],
    [{ origins: ['capacitor://localhost/'] }, 'origins must be'],
    [{ origins: ['null'] }, 'origins must be'],
    [{ origins: ['file://'] }, 'origins must be'],
    [{ origins: ['mailto:me@example.org'] }, 'origins must be'],
    [{ maxFrameBytes: 0 }, 'maxFrameBytes must be a number above 0'],
    [{ framesPerSecond: '20' }, 'framesPerSecond must be'],
    [{ idleTimeoutMs: -1 }, 'idleTimeoutMs must be'],
    [{ log: 500 }, 'log must hold'],
    [{ log: { maxMessages: 0 } }, 'log.maxMessages must be'],
    [{ log: { messages: 1 } }, 'unknown option "log.messages"'],
    [{ auth: null }, 'auth must be'],
    [{ auth: { type: 'bearer' } }, 'auth must be'],
    [{ auth: { type: 'jwt' } }, 'auth.key is missing'],
    [{ auth: { type: 'jwt', key: '' } }, 'auth.key is empty'],
    [{ auth: { type: 'jwt', key: pem } }, 'auth.key is a PEM key'],
    [{ auth: { type: 'jwt', key: 'x', algorithms: ['ES256'] } }, 'auth.key must be a public key'],
    [{ auth: { type: 'jwt', key: 'x', algorithms: ['none'] } }, 'auth.algorithms must be'],
    [{ auth: { type: 'jwt', key: pem, algorithms: ['HS256', 'ES256'] } }, 'all secret'],
    [{ auth: { type: 'jwt', key: 'x', secret: 'y' } }, 'unknown option "auth.secret"'],
    [{ jwt_key: 7 }, 'jwt_key'],
    [{ jwt_key: 'x', jwt_method: 7 }, 'jwt_key'],
    [[], 'must hold options'],
  ])('%j are refused', (options, message) => {
    const make = (): unknown => WebSocketInput.fromCredentials(options);
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(message);
  });

  it('are taken as they are, with Rasa’s names for JWT', () => {
    const good: WebSocketOptions[] = [
      {},
      { origins: true, idleTimeoutMs: null, framesPerSecond: Infinity },
      { origins: ['https://example.org', 'capacitor://localhost', 'chrome-extension://abc'] },
      { name: 'intranet', log: { maxMessages: 10 } },
      { auth: { type: 'jwt', key: pem.toString(), algorithms: ['ES256'] } },
    ];
    for (const options of good) expect(() => new WebSocketInput(options)).not.toThrow();
    const rasa = { jwt_key: pem, jwt_method: 'ES256' };
    expect(() => WebSocketInput.fromCredentials(rasa)).not.toThrow();
    expect(WebSocketInput.fromCredentials(null).name).toBe('websocket');
  });

  it('are needed by addresses: one that names no session is refused', () => {
    expect(() => new WebSocketInput().getOutputChannel({ session: 'x' })).toThrow('in no line yet');
  });
});
