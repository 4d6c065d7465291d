/** What every error of ours is made of. */
export interface TrunklineErrorOptions {
  /** The channel it concerns; its message then begins with `[name] `. */
  channel?: string | null;
  /** Stable, for programs. Each class has a default. */
  code?: string;
  /** The error that this one explains. */
  cause?: unknown;
}

/**
 * The family of errors that this project throws, told apart by what the caller can do.
 * No message ever carries a token, a signature or a user's text.
 */
export abstract class TrunklineError extends Error {
  /** Stable, for programs: `queue_full`, `body_too_large`, … */
  readonly code: string;
  /** The channel it concerns. */
  readonly channel: string | null;

  constructor(message: string, code: string, options: TrunklineErrorOptions = {}) {
    const channel = options.channel ?? null;
    super(
      channel === null ? message : `[${channel}] ${message}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = new.target.name;
    this.channel = channel;
    this.code = options.code ?? code;
  }
}

/** At start: an option or a credential is missing or malformed. Whoever deploys must act. */
export class ConfigurationError extends TrunklineError {
  /** The option that it concerns, `auth.token` say, where it is one. */
  readonly option: string | null;

  constructor(message: string, options: TrunklineErrorOptions & { option?: string } = {}) {
    super(message, 'configuration', options);
    this.option = options.option ?? null;
  }
}

/** The caller is not who it should be: signature, token or origin is wrong. Answered 401 or 403. */
export class UnauthenticatedError extends TrunklineError {
  /** 401: say who you are. 403: we know, and you may not. */
  readonly status: 401 | 403;

  constructor(message: string, options: TrunklineErrorOptions & { status?: 401 | 403 } = {}) {
    super(message, 'unauthenticated', options);
    this.status = options.status ?? 401;
  }
}

/** The request is not what the platform documents. Answered 400, 413 or 415. */
export class MalformedPayloadError extends TrunklineError {
  /** 400 malformed, 413 too large, 415 a type that is not read here. */
  readonly status: 400 | 413 | 415;

  constructor(message: string, options: TrunklineErrorOptions & { status?: 400 | 413 | 415 } = {}) {
    super(message, 'malformed_payload', options);
    this.status = options.status ?? 400;
  }
}

/** A time to wait; `null` for what is none, such as what becomes of a `Retry-After` that is a date. */
function delayOf(ms: number | null | undefined): number | null {
  return typeof ms === 'number' && Number.isFinite(ms) && ms >= 0 ? ms : null;
}

/**
 * A proactive message was not taken, and will not be until it names something else: there is no such
 * channel or intent (404), or the conversation cannot be reached there (409).
 */
export class ProactiveError extends TrunklineError {
  /** 404: there is no such thing. 409: there is, and it cannot be reached now. */
  readonly status: 404 | 409;

  constructor(message: string, options: TrunklineErrorOptions & { status: 404 | 409 }) {
    super(message, 'unreachable', options);
    this.status = options.status;
  }
}

/** What is known about a send that failed. */
export interface DeliveryErrorOptions extends TrunklineErrorOptions {
  /** Whether the same request may succeed later. */
  retryable?: boolean;
  /** How long the platform asks to wait, in milliseconds. */
  retryAfterMs?: number | null;
  /** Whether the request may have arrived all the same: a time-out, a connection that broke. */
  mayHaveArrived?: boolean;
  /** The platform's own code, `channel_not_found` or `21610` say. */
  platformCode?: string | null;
}

/** The platform refused a send, or its outcome is unknown. The turn engine acts, then an operator. */
export class DeliveryError extends TrunklineError {
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** How long the platform asks to wait, in milliseconds. */
  readonly retryAfterMs: number | null;
  /** Whether the request may have arrived all the same. */
  readonly mayHaveArrived: boolean;
  /** The platform's own code. */
  readonly platformCode: string | null;

  constructor(message: string, options: DeliveryErrorOptions = {}) {
    super(message, 'delivery', options);
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = delayOf(options.retryAfterMs);
    this.mayHaveArrived = options.mayHaveArrived ?? false;
    this.platformCode = options.platformCode ?? null;
  }
}

/**
 * Whether nothing was sent because its recipient wants nothing: a `DeliveryError` of the code `opted_out`,
 * which a channel MUST give it. That is nobody's failure, and no matter for a dead letter.
 */
export function isOptedOut(thrown: unknown): boolean {
  return thrown instanceof DeliveryError && thrown.code === 'opted_out';
}

/** Which limit was reached. */
export type OverloadReason =
  | 'queue_full'
  | 'too_many_waiting'
  | 'waited_too_long'
  | 'shutting_down';

/** A limit was reached; the caller may come again. Answered 429 (`queue_full`) or 503. */
export class OverloadedError extends TrunklineError {
  /** How long to wait before trying again, in milliseconds. */
  readonly retryAfterMs: number;
  /** 429 where the caller's own conversation is full, 503 where the whole process is. */
  readonly status: 429 | 503;

  constructor(
    message: string,
    options: TrunklineErrorOptions & { code: OverloadReason; retryAfterMs: number },
  ) {
    super(message, options.code, options);
    this.retryAfterMs = options.retryAfterMs;
    this.status = options.code === 'queue_full' ? 429 : 503;
  }
}

/** The store could not do what it was asked: disk full, file damaged, not reachable. An operator must act. */
export class StoreError extends TrunklineError {
  constructor(message: string, options?: TrunklineErrorOptions) {
    super(message, 'store', options);
  }
}

/** Thrown by an assistant that wants its turn run again later. A live turn, which cannot wait, fails. */
export class RetryableError extends TrunklineError {
  /** How long to wait, in milliseconds; the turn engine's own back-off if `null`. */
  readonly retryAfterMs: number | null;

  constructor(message: string, options: TrunklineErrorOptions & { retryAfterMs?: number } = {}) {
    super(message, 'retryable', options);
    this.retryAfterMs = delayOf(options.retryAfterMs);
  }
}

/** Why a turn was ended before its assistant was done. */
export type AbortReason =
  | 'deadline'
  | 'disconnected'
  | 'cancelled'
  | 'superseded'
  | 'handed_over'
  | 'shutdown';

/**
 * The turn was ended before its assistant was done. It is the reason of `reply.signal`, what
 * `reply`'s methods reject with from then on, and what `turns.run` rejects with.
 */
export class TurnAbortedError extends TrunklineError {
  /** Why. */
  readonly reason: AbortReason;

  constructor(reason: AbortReason, options: TrunklineErrorOptions = {}) {
    super(ABORT_TEXTS[reason], `turn_${reason}`, options);
    this.reason = reason;
  }
}

const ABORT_TEXTS: Record<AbortReason, string> = {
  deadline: 'the assistant took longer than the turn may take (turns.deadlineMs)',
  disconnected: 'the client that waited for the answer went away',
  cancelled: 'the turn was cancelled',
  superseded: 'a newer message took the place of this one (turns.overlap is latest)',
  handed_over: 'another process has taken the conversation over',
  shutdown: 'the server is shutting down',
};

/** Whatever was thrown, as an `Error`. */
export function toError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  // An object may refuse to become a text, `Object.create(null)` say.
  const text = typeof thrown === 'string' ? thrown : `no error was thrown, but: ${typeof thrown}`;
  return new Error(text, { cause: thrown });
}
