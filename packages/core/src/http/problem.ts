import type { ServerResponse } from 'node:http';
import {
  MalformedPayloadError,
  OverloadedError,
  ProactiveError,
  TrunklineError,
  UnauthenticatedError,
} from '../errors.ts';

/**
 * A problem document: what every refused request is answered with, as `application/problem+json`.
 *
 * @see RFC 9457
 */
export interface Problem {
  /** The HTTP status. */
  status: number;
  /** Stable, for programs: `queue_full`, `body_too_large`, … */
  code: string;
  /** What is wrong and what to do about it. */
  detail: string;
}

const TITLES: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  426: 'Upgrade Required',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

const NO_HEADERS: Record<string, string> = {};

/** Answers with JSON. Does nothing if the client is gone or the answer has begun. */
export function sendJson(
  res: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = NO_HEADERS,
): void {
  sendText(res, status, 'application/json', JSON.stringify(body), headers);
}

/** Answers with a text. Does nothing if the client is gone or the answer has begun. */
export function sendText(
  res: ServerResponse,
  status: number,
  contentType: string,
  text: string,
  headers: Record<string, string> = NO_HEADERS,
): void {
  if (res.headersSent || res.destroyed) return;
  for (const name in headers) res.setHeader(name, headers[name] ?? '');
  res.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(text) });
  res.end(text);
}

/** Answers with a problem document. */
export function sendProblem(
  res: ServerResponse,
  problem: Problem,
  headers: Record<string, string> = NO_HEADERS,
): void {
  const { status, code, detail } = problem;
  const document = { type: 'about:blank', title: TITLES[status] ?? 'Error', status, code, detail };
  sendText(res, status, 'application/problem+json', JSON.stringify(document), headers);
}

/** Answers with what the error says, or with 500 and no detail where the error is not the caller's. */
export function sendError(res: ServerResponse, error: unknown): void {
  sendProblem(res, problemOf(error), headersOf(error));
}

/** The problem document of an error. What failed on our side is told to the log, not to the caller. */
export function problemOf(error: unknown): Problem {
  const problem = callersProblem(error);
  if (problem !== null) return problem;
  const [code, detail] =
    error instanceof TrunklineError
      ? [error.code, error.message]
      : ['internal', 'something failed on our side; the log says what'];
  return { status: 500, code, detail };
}

/** The problem document of an error that is the caller's doing; `null` where the fault is ours. */
export function callersProblem(error: unknown): Problem | null {
  if (
    error instanceof UnauthenticatedError ||
    error instanceof MalformedPayloadError ||
    error instanceof ProactiveError ||
    error instanceof OverloadedError
  ) {
    return { status: error.status, code: error.code, detail: error.message };
  }
  // What Express's body parsers throw: errors of http-errors, whose message is for the caller if
  // they expose it.
  if (typeof error !== 'object' || error === null) return null;
  const { status, type, expose, message } = error as Record<string, unknown>;
  if (typeof status !== 'number' || status < 400 || status > 499 || expose !== true) return null;
  const code = typeof type === 'string' ? type.replaceAll('.', '_') : 'bad_request';
  return { status, code, detail: String(message) };
}

/** The headers that go with an error. */
export function headersOf(error: unknown): Record<string, string> {
  if (error instanceof OverloadedError) {
    return { 'retry-after': String(Math.max(1, Math.ceil(error.retryAfterMs / 1000))) };
  }
  if (error instanceof UnauthenticatedError && error.status === 401) {
    return { 'www-authenticate': 'Bearer' };
  }
  // The rest of the body is not read: the connection cannot be used again.
  if (error instanceof MalformedPayloadError && error.status === 413)
    return { connection: 'close' };
  return {};
}
