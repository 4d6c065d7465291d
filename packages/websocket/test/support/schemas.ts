import { Ajv, type ValidateFunction } from 'ajv';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const path = new URL('../../asyncapi.yaml', import.meta.url);

/** The document, as written. */
export const asyncapi = parse(readFileSync(path, 'utf8')) as {
  channels: { conversation: { address: string } };
  components: { schemas: Record<string, unknown> };
};

const ajv = new Ajv({ strict: false, allErrors: true });
ajv.addSchema(asyncapi, 'asyncapi');

function schema(name: string): ValidateFunction {
  return ajv.compile({ $ref: `asyncapi#/components/schemas/${name}` });
}

const client = schema('ClientFrame');
const server = schema('ServerFrame');

/** Why a frame is not what the document says; `null` if it is. */
export function mistakeIn(side: 'client' | 'server', frame: unknown): string | null {
  const validate = side === 'client' ? client : server;
  if (validate(frame)) return null;
  return `${JSON.stringify(frame)}: ${ajv.errorsText(validate.errors)}`;
}
