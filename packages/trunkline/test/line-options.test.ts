import { expect, it } from 'vitest';
import { apiOf } from '../src/line-options.ts';

const jwt = { key: 'a secret of more than thirty-two letters' };

it.each([
  [null, {}, {}],
  ['t', {}, { api: { token: 't' } }],
  ['t', { api: { jwt } }, { api: { token: 't', jwt } }],
  // A variable that is not set must not shut out whoever has API_TOKEN.
  ['t', { api: { jwt, token: undefined as never } }, { api: { token: 't', jwt } }],
  [null, { api: { token: 'own' } }, { api: { token: 'own' } }],
])('the API is open to API_TOKEN, and to whom the module names: %j, %j', (token, own, api) => {
  expect(apiOf(token, own)).toEqual(api);
});

it('the API has one token, or the one of the environment', () => {
  expect(() => apiOf('t', { api: { token: 'own' } })).toThrow('both set: keep one of them');
});
