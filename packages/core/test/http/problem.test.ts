import {
  ConfigurationError,
  DeliveryError,
  MalformedPayloadError,
  OverloadedError,
  problemOf,
  ProactiveError,
  sendError,
  sendJson,
  sendProblem,
  sendText,
  UnauthenticatedError,
} from '@trunkline/core';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { serve } from '../support/http.ts';

async function answerOf(answer: (res: ServerResponse) => void, method = 'GET'): Promise<Response> {
  const { url, stop } = await serve((_req, res) => answer(res));
  try {
    const response = await fetch(url, { method });
    const body = await response.text();
    return new Response(body === '' ? null : body, response);
  } finally {
    await stop();
  }
}

describe('problem documents', () => {
  it('say what is wrong in the form of RFC 9457', async () => {
    const problem = { status: 404, code: 'not_found', detail: 'nothing is served here' };
    const response = await answerOf((res) => sendProblem(res, problem, { 'x-a': 'b' }));
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('x-a')).toBe('b');
    expect(await response.json()).toEqual({ type: 'about:blank', title: 'Not Found', ...problem });
  });

  it.each([
    [new UnauthenticatedError('m'), 401, 'unauthenticated', 'm'],
    [new UnauthenticatedError('m', { status: 403 }), 403, 'unauthenticated', 'm'],
    [new MalformedPayloadError('m', { channel: 'rest' }), 400, 'malformed_payload', '[rest] m'],
    [new MalformedPayloadError('m', { status: 415 }), 415, 'malformed_payload', 'm'],
    [new OverloadedError('m', { code: 'queue_full', retryAfterMs: 1 }), 429, 'queue_full', 'm'],
    [
      new OverloadedError('m', { code: 'shutting_down', retryAfterMs: 1 }),
      503,
      'shutting_down',
      'm',
    ],
    [new ProactiveError('m', { status: 404 }), 404, 'unreachable', 'm'],
    [new ProactiveError('m', { status: 409, code: 'ambiguous' }), 409, 'ambiguous', 'm'],
    [new ConfigurationError('m'), 500, 'configuration', 'm'],
    [new DeliveryError('m'), 500, 'delivery', 'm'],
  ])('tell the status of %s', (error, status, code, detail) => {
    expect(problemOf(error)).toEqual({ status, code, detail });
  });

  it('tell nothing of errors that are not ours', () => {
    for (const error of [new Error('secret'), 'secret', null, undefined]) {
      expect(problemOf(error)).toMatchObject({ status: 500, code: 'internal' });
      expect(JSON.stringify(problemOf(error))).not.toContain('secret');
    }
  });
});

describe('sendError', () => {
  it('says when to come again, in whole seconds and at least one', async () => {
    const overloaded = (retryAfterMs: number): OverloadedError =>
      new OverloadedError('m', { code: 'queue_full', retryAfterMs });
    for (const [retryAfterMs, seconds] of [
      [1, '1'],
      [0, '1'],
      [1001, '2'],
      [5000, '5'],
    ] as const) {
      const response = await answerOf((res) => sendError(res, overloaded(retryAfterMs)));
      expect(response.headers.get('retry-after')).toBe(seconds);
    }
  });

  it('asks for a token where one is missing, and closes a connection that was not read', async () => {
    const missing = await answerOf((res) => sendError(res, new UnauthenticatedError('m')));
    expect(missing.headers.get('www-authenticate')).toBe('Bearer');
    const wrong = await answerOf((res) =>
      sendError(res, new UnauthenticatedError('m', { status: 403 })),
    );
    expect(wrong.headers.get('www-authenticate')).toBeNull();
    const large = await answerOf((res) =>
      sendError(res, new MalformedPayloadError('m', { status: 413 })),
    );
    expect(large.headers.get('connection')).toBe('close');
  });
});

describe('sendText and sendJson', () => {
  it('count bytes, not characters', async () => {
    const response = await answerOf((res) => sendJson(res, 200, { a: 'é😀' }));
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('content-length')).toBe('14');
    expect(await response.json()).toEqual({ a: 'é😀' });
  });

  it('answer HEAD without a body', async () => {
    const response = await answerOf((res) => sendJson(res, 200, { a: 1 }), 'HEAD');
    expect(response.headers.get('content-length')).toBe('7');
    expect(await response.text()).toBe('');
  });

  it('do nothing where the answer has begun', async () => {
    const response = await answerOf((res) => {
      sendText(res, 200, 'text/plain', 'first');
      sendText(res, 500, 'text/plain', 'second');
    });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('first');
  });
});
