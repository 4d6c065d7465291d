import specs from '@asyncapi/specs';
import { Ajv, type AnySchemaObject } from 'ajv';
import { expect, it } from 'vitest';
import { asyncapi } from './support/schemas.ts';

it('is an AsyncAPI 3 document', { timeout: 60_000 }, () => {
  const ajv = new Ajv({
    strict: false,
    allErrors: true,
    validateFormats: false,
    // The specification brings draft 7 along.
    meta: false,
    validateSchema: false,
  });
  const isDocument = ajv.compile(specs.schemas['3.0.0'] as AnySchemaObject);
  expect([isDocument(asyncapi), isDocument.errors]).toEqual([true, null]);
  expect(isDocument({ ...asyncapi, operations: { send: { action: 'shout' } } })).toBe(false);
});

it('names the address that clients connect to', () => {
  expect(asyncapi.channels.conversation.address).toBe('/webhooks/websocket/ws');
});
