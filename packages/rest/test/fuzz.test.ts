import fc from 'fast-check';
import { request } from 'node:http';
import { expect, it } from 'vitest';
import { closeAfterEach, echo, startRest } from './support/server.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';

expectNoUnhandledRejections();
closeAfterEach();

interface Probe {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer;
}

/** Sends what fetch would not. */
function send(port: number, { method, path, headers, body }: Probe): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { port, host: '127.0.0.1', method, path, headers, agent: false },
      (res) => {
        res.resume().on('end', () => resolve(res.statusCode ?? 0));
        res.on('error', reject);
      },
    );
    // Where the answer comes before the body was taken, the rest of it is lost. That is no error.
    sent.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') reject(error);
    });
    sent.end(body);
  });
}

const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value));
const nearly = fc
  .record(
    {
      sender: fc.oneof(fc.string({ unit: 'binary' }), fc.double(), fc.jsonValue({ maxDepth: 1 })),
      message: fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 1 })),
      input_channel: fc.oneof(fc.string(), fc.jsonValue({ maxDepth: 1 })),
      metadata: fc.jsonValue({ maxDepth: 3 }),
      __proto__: fc.constant({ sender: 'x' }),
      constructor: fc.jsonValue({ maxDepth: 1 }),
    },
    { requiredKeys: [] },
  )
  .map((value) => JSON.stringify(value));
const cut = fc.tuple(nearly, fc.nat()).map(([text, at]) => text.slice(0, at % (text.length + 1)));
const deep = fc.nat({ max: 30_000 }).map((n) => `{"metadata":${'['.repeat(n)}${']'.repeat(n)}}`);
const bodies = fc.oneof(
  { weight: 5, arbitrary: nearly.map((text) => Buffer.from(text)) },
  { weight: 2, arbitrary: json.map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: cut.map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: deep.map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.nat({ max: 400_000 }).map((n) => Buffer.alloc(n, 'x')) },
);
const headerValue = fc.stringMatching(/^[ -~]{0,40}$/).map((value) => value.trim());
const headers = fc.record(
  {
    'content-type': fc.oneof(
      { weight: 6, arbitrary: fc.constant('application/json') },
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          'application/json; charset=utf-8',
          'application/json; charset=utf-16',
          'application/vnd.x+json',
          'text/plain',
          'multipart/form-data; boundary=x',
          'application/x-www-form-urlencoded',
          '',
        ),
      },
      { weight: 1, arbitrary: headerValue },
    ),
    'content-encoding': fc.constantFrom('gzip', 'identity', 'br', ''),
    authorization: fc.oneof(
      headerValue,
      headerValue.map((value) => `Bearer ${value}`),
    ),
    origin: fc.oneof(headerValue, fc.constant('https://example.org')),
    accept: headerValue,
    connection: fc.constantFrom('close', 'keep-alive', 'upgrade'),
    upgrade: fc.constantFrom('websocket', 'h2c'),
    'x-forwarded-for': headerValue,
    cookie: headerValue,
  },
  { requiredKeys: ['content-type'] },
);
const query = fc.oneof(
  fc.constantFrom('', '?stream=true', '?stream=sse', '?stream=', '?stream', '?stream=%E0%A4%A'),
  fc.stringMatching(/^[!-~]{0,30}$/).map((text) => `?${text.replaceAll('#', '')}`),
);
const target = fc.oneof(
  { weight: 8, arbitrary: query.map((text) => `/webhooks/rest/webhook${text}`) },
  {
    weight: 1,
    arbitrary: fc
      .stringMatching(/^[!-~]{0,20}$/)
      .map((text) => `/webhooks/rest/cancel_background_tasks/${text}`),
  },
);
const method = fc.oneof(
  { weight: 9, arbitrary: fc.constant('POST') },
  { weight: 1, arbitrary: fc.constantFrom('GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'HEAD') },
);

it.each([
  ['a channel that is open', {}],
  [
    'a channel with a token, for pages of one origin',
    {
      auth: { type: 'bearer', token: 'token' } as const,
      cors: ['https://example.org'],
    },
  ],
])('%s answers whatever a client sends, and never with 5xx', async (_name, options) => {
  const { port, post, errors } = await startRest(echo, options);
  await fc.assert(
    fc.asyncProperty(fc.record({ method, path: target, headers, body: bodies }), async (probe) => {
      const status = await send(port, probe);
      expect(status).toBeGreaterThanOrEqual(200);
      expect(status).toBeLessThan(500);
    }),
    { numRuns: 250 },
  );
  expect(errors).toEqual([]);
  const authorization = 'Bearer token';
  expect((await post({ message: 'still there?' }, { headers: { authorization } })).status).toBe(
    200,
  );
});
