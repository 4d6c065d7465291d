import { Ajv } from 'ajv';
import { readFileSync } from 'node:fs';

/** As much of the description as is used here. */
interface Description {
  paths: Record<
    string,
    {
      post: { requestBody: { content: Record<string, { schema: { properties: object } }> } };
      get: { parameters: { name: string; in: string; schema: object }[] };
    }
  >;
  components: object;
}

const PATH = '/2010-04-01/Accounts/{AccountSid}/Messages.json';

/**
 * Twilio's own OpenAPI description of the resource Messages, cut out of `@twilio/cli-core` 9.0.0, which
 * does not install on Node 20.
 */
const description = JSON.parse(
  readFileSync(new URL('../fixtures/twilio-messages.openapi.json', import.meta.url), 'utf8'),
) as Description;

const ajv = new Ajv({ strict: false, coerceTypes: 'array', allErrors: true });
ajv.addFormat('phone-number', true);
ajv.addFormat('int64', true);
ajv.addFormat('uri', (text) => URL.canParse(text));
ajv.addFormat('date-time', (text) => /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(text));

const messages = description.paths[PATH];
if (messages === undefined) throw new Error('the description has no messages');
const form = messages.post.requestBody.content['application/x-www-form-urlencoded'];

/** All parameters of a message, by Twilio's names. */
export const PARAMETERS: readonly string[] = Object.keys(form?.schema.properties ?? {});

const validateForm = ajv.compile({
  ...form?.schema,
  components: description.components,
  additionalProperties: false,
});
const query = messages.get.parameters.filter((parameter) => parameter.in === 'query');
const validateQuery = ajv.compile({
  type: 'object',
  properties: Object.fromEntries(query.map(({ name, schema }) => [name, schema])),
  additionalProperties: false,
});

/** What of a request Twilio does not know, as texts. A parameter that is misspelt is one. */
export function mistakesIn(method: string, path: string, parameters: URLSearchParams): string[] {
  if (!/^\/2010-04-01\/Accounts\/AC[0-9a-fA-F]{32}\/Messages\.json$/.test(path)) {
    return [`${method} ${path} is no path of Twilio's`];
  }
  const values: Record<string, unknown> = {};
  for (const name of new Set(parameters.keys())) {
    const all = parameters.getAll(name);
    values[name] = all.length === 1 ? all[0] : all;
  }
  const validate = method === 'POST' ? validateForm : validateQuery;
  if (validate(values)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `${method} ${instancePath || '/'} ${message} ${JSON.stringify(params)}`,
  );
}
