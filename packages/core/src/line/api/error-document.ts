import type { ServerResponse } from 'node:http';
import {
  MalformedPayloadError,
  OverloadedError,
  ProactiveError,
  UnauthenticatedError,
} from '../../errors.ts';
import { headersOf, sendJson } from '../../http/problem.ts';
import { version } from '../../version.ts';

/** A part of the request is missing or malformed: Rasa names the part. */
export class ParameterError extends MalformedPayloadError {
  /** Which part, and where it belongs. */
  readonly parameter: { parameter: string; in: 'body' | 'header' | 'path' | 'query' };

  constructor(message: string, parameter: string, where: ParameterError['parameter']['in']) {
    super(message, { code: 'invalid_parameter' });
    this.parameter = { parameter, in: where };
  }
}

/** Rasa's words for what a status means. */
const REASONS: Record<number, string> = {
  400: 'BadRequest',
  401: 'NotAuthenticated',
  403: 'NotAuthorized',
  404: 'NotFound',
  409: 'Conflict',
  413: 'BadRequest',
  415: 'BadRequest',
  429: 'TooManyRequests',
  503: 'ServiceUnavailable',
};

/** Whether an error is the caller's to deal with. What failed on our side is told to the log. */
export function isCallers(error: unknown): error is CallersError {
  return (
    error instanceof UnauthenticatedError ||
    error instanceof MalformedPayloadError ||
    error instanceof ProactiveError ||
    error instanceof OverloadedError
  );
}

type CallersError = UnauthenticatedError | MalformedPayloadError | ProactiveError | OverloadedError;

/** Answers with an error document in Rasa's form; `details` holds our stable `code` as well. */
export function sendErrorDocument(res: ServerResponse, error: unknown): void {
  const known = isCallers(error) ? error : null;
  const status = known?.status ?? 500;
  const parameter = known instanceof ParameterError ? known.parameter : {};
  const document = {
    version: version(),
    status: 'failure',
    message: known?.message ?? 'something failed on our side; the log says what',
    reason: REASONS[status] ?? 'ConversationError',
    details: known === null ? {} : { ...parameter, code: known.code },
    help: null,
    code: status,
  };
  sendJson(res, status, document, headersOf(error));
}
