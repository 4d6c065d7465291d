import { isOptedOut, toError } from './errors.ts';
import { callGuarded } from './guard.ts';
import type { Logger } from './logger.ts';

/** Where in a message's way something failed. */
export type Stage = 'request' | 'assistant' | 'send' | 'event' | 'state' | 'store' | 'close';

/** What is known about a failure. */
export interface ErrorContext {
  /** The channel, or `null` where none is concerned. */
  channel: string | null;
  /** Where it happened. */
  stage: Stage;
  /** Of the request, without its query, at the stage `request` of HTTP. */
  path?: string;
}

/** A turn that ended. */
export interface TurnReport {
  /** The channel that the message came in on. */
  channel: string;
  /** Whose message it was. */
  senderId: string;
  /** Which message it was. */
  messageId: string;
  /**
   * `failed`: the assistant threw, or nothing may be said to the user (`opted_out`). `aborted`: it was ended, see the error. Of deferred turns also
   * `superseded` and `joined`, which overlap explains, and `dead`: it became a dead letter.
   */
  outcome: 'answered' | 'failed' | 'aborted' | 'superseded' | 'joined' | 'dead';
  /** How often the assistant was run on it. */
  attempt: number;
  /** How long the message waited for its turn, in milliseconds. */
  waitedMs: number;
  /** How long the turn took from there, in milliseconds. */
  durationMs: number;
}

/** A response that was handed to a channel. */
export interface SendReport {
  /** The channel. */
  channel: string;
  /** Whose conversation it was said in. */
  senderId: string;
  /** How it was sent. */
  kind: 'response' | 'stream';
  /** What became of it. `pending`: the platform could not be reached, and it waits in the store. */
  outcome: 'sent' | 'pending' | 'failed';
  /** How long the channel took, in milliseconds. */
  durationMs: number;
}

/** Hooks for logs and metrics. They cannot break a turn: what they throw is logged and forgotten. */
export interface Hooks {
  /** Called for every failure that is not the caller's own, once. That a user has opted out is none. */
  onError?: ((error: Error, context: ErrorContext) => void) | undefined;
  /** Called when a turn ended. */
  onTurn?: ((report: TurnReport) => void) | undefined;
  /** Called when a response was handed to the channel. */
  onSend?: ((report: SendReport) => void) | undefined;
}

/** Where the parts of this package report what happens: to the log, and to the user's hooks. */
export interface Telemetry {
  readonly logger: Logger;
  /**
   * An error passes several places on its way up, and is reported at the first of them. `turn` is
   * any object that stands for the turn it happened in, in which it is reported once.
   */
  error(thrown: unknown, context: ErrorContext, turn?: object): void;
  turn(report: TurnReport): void;
  /** `null` where nobody wants to know: a report is not made then. */
  readonly send: ((report: SendReport) => void) | null;
}

/** A telemetry over a logger and hooks, either of which may fail. */
export function createTelemetry(logger: Logger, hooks: Hooks): Telemetry {
  const guarded = <A extends unknown[]>(name: string, hook: ((...args: A) => void) | undefined) => {
    if (hook === undefined) return () => {};
    const onFailed = (thrown: unknown): void =>
      logger.error({ err: toError(thrown) }, `the hook ${name} threw`);
    return (...args: A): void => callGuarded(() => hook(...args), onFailed);
  };
  const onError = guarded('onError', hooks.onError);
  // By turn, since a library may throw the very same error in the next one. Outside a turn, where
  // errors arrive last, the mark has done its work.
  const reported = new WeakMap<Error, object>();
  return {
    logger,
    error(thrown, context, turn) {
      const error = toError(thrown);
      if (turn === undefined ? reported.delete(error) : reported.get(error) === turn) return;
      if (turn !== undefined) reported.set(error, turn);
      if (isOptedOut(error)) return logger.info({ ...context }, error.message);
      logger.error({ err: error, ...context }, error.message);
      onError(error, context);
    },
    turn: guarded('onTurn', hooks.onTurn),
    send: hooks.onSend === undefined ? null : guarded('onSend', hooks.onSend),
  };
}
