import { DeliveryError } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { answerOf } from '../src/answer.ts';
import { formOf } from '../src/http/form.ts';
import type { ApiResponse } from '../src/http/transport.ts';

const warned: unknown[] = [];
const logger = {
  debug: (fields: unknown): void => void warned.push(fields),
  info() {},
  warn() {},
  error() {},
};
const CONTEXT = { channel: 'slack', method: 'chat.postMessage', logger };

function response(body: unknown, parts: Partial<ApiResponse> = {}): ApiResponse {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { status: 200, retryAfterMs: null, text, ...parts };
}

function errorOf(given: ApiResponse): DeliveryError {
  try {
    answerOf(CONTEXT, given);
  } catch (error) {
    if (error instanceof DeliveryError) return error;
    throw error;
  }
  throw new Error('no error');
}

describe('an answer of Slack’s', () => {
  it('is what it says, if it says ok', () => {
    expect(answerOf(CONTEXT, response({ ok: true, ts: '1.0' }))).toEqual({ ok: true, ts: '1.0' });
    expect(warned).toEqual([]);
  });

  it('tells the log its warnings', () => {
    const warnings = ['message_truncated'];
    answerOf(CONTEXT, response({ ok: true, response_metadata: { warnings } }));
    expect(warned).toEqual([{ channel: 'slack', method: 'chat.postMessage', warnings }]);
  });

  it.each([
    ['a 429', response('', { status: 429, retryAfterMs: 30_000 }), 'ratelimited', true, false],
    ['a 500', response('oops', { status: 500 }), 'http_500', true, true],
    ['a 404', response('oops', { status: 404 }), 'http_404', false, false],
    ['a redirect', response('', { status: 302 }), 'http_302', false, false],
    ['a page', response('<html>Slack is down</html>'), null, true, true],
    ['JSON that is no object', response('[]'), null, true, true],
    ['an error that is no name of one', response({ ok: false, error: '<p>' }), null, true, true],
    ['no ok', response({}), null, true, true],
    ['a refusal', response({ ok: false, error: 'is_archived' }), 'is_archived', false, false],
    ['a doubt', response({ ok: false, error: 'fatal_error' }), 'fatal_error', true, true],
    ['a limit', response({ ok: false, error: 'ratelimited' }), 'ratelimited', true, false],
  ])('%s is an error that says what can be done', (_what, given, code, retryable, arrived) => {
    const error = errorOf(given);
    expect(error.platformCode).toBe(code);
    expect([error.retryable, error.mayHaveArrived]).toEqual([retryable, arrived]);
    expect(error.message).not.toContain('<');
  });

  it('says how long to wait, also with status 200', () => {
    const limited = { ok: false, error: 'ratelimited' };
    expect(errorOf(response('', { status: 429, retryAfterMs: 30_000 })).retryAfterMs).toBe(30_000);
    expect(errorOf(response(limited, { retryAfterMs: 7_000 })).retryAfterMs).toBe(7_000);
    expect(errorOf(response(limited)).retryAfterMs).toBe(10_000);
  });
});

describe('a form', () => {
  it('has objects as JSON, and nothing that is absent', () => {
    const blocks = [{ type: 'markdown', text: 'a & b + ü' }];
    const args = {
      channel: 'C1',
      blocks,
      mrkdwn: false,
      post_at: 17,
      thread_ts: null,
      a: undefined,
    };
    expect(Object.fromEntries(new URLSearchParams(formOf(args)))).toEqual({
      channel: 'C1',
      blocks: JSON.stringify(blocks),
      mrkdwn: 'false',
      post_at: '17',
    });
  });

  it('is made of half a character, too', () => {
    expect(formOf({ text: 'a\uD83D' })).toBe('text=a%EF%BF%BD');
  });
});
