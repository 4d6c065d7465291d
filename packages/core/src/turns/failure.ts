import { DeliveryError } from '../errors.ts';

/** What a failed send means for what comes next. */
export interface SendFailure {
  /** Whether the same request may succeed later. */
  retryable: boolean;
  /** How long the platform asks to wait, in milliseconds. */
  retryAfterMs: number | null;
  /** Whether the request may have arrived all the same. */
  mayHaveArrived: boolean;
}

/** Codes of Node and undici for requests that never left. */
const NEVER_LEFT = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'UND_ERR_CLOSED',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Codes for requests whose answer never came. */
const NO_ANSWER = new Set([
  'ECONNABORTED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_SOCKET',
]);

/**
 * What is known of a failed send: what a `DeliveryError` says, and what the codes of the network
 * say where a channel passes its errors on as they are. Anything else will not get better.
 */
export function failureOf(thrown: unknown): SendFailure {
  if (thrown instanceof DeliveryError) return thrown;
  const codes = codesOf(thrown);
  const mayHaveArrived = codes.some((code) => NO_ANSWER.has(code));
  const retryable = mayHaveArrived || codes.some((code) => NEVER_LEFT.has(code));
  return { retryable, retryAfterMs: null, mayHaveArrived };
}

/** The codes of an error and of what caused it: `fetch` hides its own two levels down. */
function codesOf(thrown: unknown): string[] {
  const codes: string[] = [];
  let error = thrown;
  for (let depth = 0; depth < 5 && typeof error === 'object' && error !== null; depth++) {
    const { code, cause } = error as { code?: unknown; cause?: unknown };
    if (typeof code === 'string') codes.push(code);
    error = cause;
  }
  return codes;
}
