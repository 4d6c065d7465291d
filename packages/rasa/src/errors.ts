import { ConfigurationError, TrunklineError } from '@trunkline/core';

/** What went wrong with Rasa. */
export type RasaErrorCode =
  /** It was not heard of in time. */
  | 'rasa_timeout'
  /** It answered with something that is no response. */
  | 'rasa_garbage'
  /** The connection broke within its answer. */
  | 'rasa_broken'
  /** It said that it failed. */
  | 'rasa_failed';

/** Rasa has failed, and asking again would have the user heard twice. The turn fails. */
export class RasaError extends TrunklineError {
  /** The HTTP status, where there is one. */
  readonly status: number | null;

  constructor(
    message: string,
    options: { code: RasaErrorCode; status?: number | null; cause?: unknown },
  ) {
    super(message, options.code, options);
    this.status = options.status ?? null;
  }
}

/** Rasa could not be reached, or turned us away, and has not said anything: it can be asked again. */
export class RasaAway extends Error {
  /** The HTTP status, where there is one. */
  readonly status: number | null;

  constructor(message: string, options: { status?: number; cause?: unknown } = {}) {
    super(message, options);
    this.status = options.status ?? null;
  }
}

/** Codes of Node and undici for a connection that was not made, or broke. */
const BROKEN = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_SOCKET',
]);

/** What an error of the connection means, before Rasa has said something and afterwards. */
export function connectionError(thrown: unknown, hasSpoken: boolean): unknown {
  const { code } = Object(thrown) as { code?: unknown };
  if (typeof code !== 'string' || !BROKEN.has(code)) return thrown;
  if (!hasSpoken) return new RasaAway(`no connection (${code})`, { cause: thrown });
  return new RasaError('the connection to Rasa broke within its answer', {
    code: 'rasa_broken',
    cause: thrown,
  });
}

/** What a status other than 2xx means. `reason` is Rasa's own word for it. */
export function statusError(status: number, path: string, reason: string | null): Error {
  const said = reason === null ? `${status}` : `${status} (${reason})`;
  if (status >= 300 && status < 400) {
    return new ConfigurationError(
      `Rasa answered ${said} on ${path}: name the url it redirects to`,
      {
        code: 'rasa_not_there',
      },
    );
  }
  switch (status) {
    case 401:
    case 403:
      return new ConfigurationError(
        `Rasa answered ${said} on ${path}: give RasaAssistant the token or jwt that Rasa was started with`,
        { code: 'rasa_unauthorized' },
      );
    case 404:
    case 405:
      return new ConfigurationError(
        `Rasa answered ${said} on ${path}: check the url, name the channel in Rasa's credentials.yml, ` +
          'and start Rasa with --enable-api where its API is used',
        { code: 'rasa_not_there' },
      );
    // What Rasa's API answers while no model is loaded.
    case 409:
    case 429:
    case 502:
    case 503:
      return new RasaAway(`Rasa, or what is in front of it, answered ${said}`, { status });
    default:
      return new RasaError(`Rasa answered ${said} on ${path}; its log says why`, {
        code: 'rasa_failed',
        status,
      });
  }
}

/** Rasa was not heard of in time. */
export function timeoutError(what: string, option: string, limitMs: number): RasaError {
  return new RasaError(`Rasa ${what} within ${limitMs} ms (${option})`, { code: 'rasa_timeout' });
}

/** Rasa answered with something that is no response. */
export function garbageError(what: string, cause?: unknown): RasaError {
  return new RasaError(`Rasa answered with ${what}`, { code: 'rasa_garbage', cause });
}
