import type { Receipt } from '../channel/delivery.ts';
import type { TrackerState } from '../channel/output-channel.ts';
import type { BotMessage } from '../message/bot-message.ts';
import { isJsonObject, parseJson, type JsonObject } from '../message/json.ts';
import {
  isBoolean,
  isCount,
  isList,
  isPlace,
  isText,
  isTime,
  listOf,
  objectOf,
  optional,
  orNull,
} from './stored-form.ts';

/**
 * A step of a turn's journal, by its place among the turn's steps.
 *
 * `begun`: the request may be under way. `done`: it was answered. `failed`: it was refused for good.
 */
export interface Step {
  /** What is known of it. */
  state: 'begun' | 'done' | 'failed';
  /** One request, one call of a `send…` method, or a stream as a whole. */
  kind: 'request' | 'call' | 'stream';
  /** What the platform said; of a stream, to each of its requests. */
  receipts?: Receipt[];
  /** Of a stream, its text as far as it was shown. */
  text?: string;
  /** Of a stream, whether it broke off before its end. */
  isCut?: boolean;
  /** Of a stream that broke off, whether it could not be ended on the platform. */
  isLeft?: boolean;
  /** Why it failed. */
  error?: string;
}

/** Whether the user has got all of a step. */
export function isDone(step: Step | null): boolean {
  return step?.state === 'done' && step.isCut !== true;
}

/** A response that the assistant has given and the user has not got. */
export interface Pending {
  /** What the assistant said, after the transforms. */
  response: BotMessage;
  /** The conversation's state at that time. */
  trackerState: TrackerState | null;
  /** Whether it is a menu that is shown once more. */
  isMenuAgain?: true;
  /** The step that it begins with at the earliest: of an apology, which is none of what was said before. */
  from?: number;
}

/** A turn of ours: a response that somebody sends, or an intent that the assistant answers. */
export type Proactive = 'response' | 'intent';

/** How far a turn has come: what the store keeps beside its message. */
export interface Progress {
  /** Of a turn that no message of the user's began: what began it. */
  proactive?: Proactive;
  /** How often the assistant was begun on the message. */
  runs: number;
  /** How often the process died, or was not heard of again, while the assistant ran. */
  deaths: number;
  /** How often the turn has waited to be tried again. */
  waits: number;
  /** When it is tried again, in milliseconds since 1970. */
  retryAt?: number;
  /** How long that was away when it was set, in milliseconds: it is never waited for longer. */
  waitMs?: number;
  /** Whether the message begins a session, as the first run has found. */
  startsSession?: boolean;
  /** The turns that became one with this one. */
  joined?: string[];
  /** `null` where a step is known not to be under way. */
  steps: (Step | null)[];
  /** Why the turn was given up. It only has to be put among the dead letters. */
  died?: string;
  /** Whether the assistant has answered: it is never run again then. */
  answered: boolean;
  /** What is still to be delivered, in order. */
  pending: Pending[];
  /** The step that the first of them begins with. */
  pendingFrom: number;
}

/** The progress of a turn that was just accepted. */
export function newProgress(): Progress {
  return {
    runs: 0,
    deaths: 0,
    waits: 0,
    steps: [],
    answered: false,
    pending: [],
    pendingFrom: 0,
  };
}

/**
 * The progress of a turn whose first run may have begun, and nothing is known of it. That its process has
 * died is not known either: it may have shut down before.
 */
export function begunProgress(): Progress {
  return { ...newProgress(), runs: 1 };
}

/** Progress as the store keeps it. */
export function encodeProgress(progress: Progress): string {
  return JSON.stringify(progress);
}

/** Progress as it was saved; `null` where it cannot be read. */
export function decodeProgress(text: string): Progress | null {
  return toProgress(parseJson(text));
}

const isStep = objectOf({
  state: isText,
  kind: isText,
  receipts: optional(isList),
  text: optional(isText),
  error: optional(isText),
});

const isPending = objectOf({
  response: isJsonObject,
  from: optional(isPlace),
  cut: optional(isPlace),
});

/** Whether a stored value is progress. */
export const isProgress: (value: unknown) => value is JsonObject = objectOf({
  runs: isCount,
  deaths: isCount,
  waits: isCount,
  retryAt: optional(isTime),
  waitMs: optional(isTime),
  joined: optional(listOf(isText)),
  steps: listOf(orNull(isStep)),
  died: optional(isText),
  answered: isBoolean,
  pending: listOf(isPending),
  pendingFrom: isPlace,
});

/**
 * Progress, of what is stored as such; `null` where it is nothing of the kind. What is asked for here,
 * every version writes and MUST go on writing: an earlier one gives up what lacks it.
 */
export function toProgress(stored: unknown): Progress | null {
  return isProgress(stored) ? upToDate(stored as unknown as Progress) : null;
}

/**
 * Progress as it is kept today, of what may be stored in an earlier form: there a response named the
 * stream that it closed, and the stream did not say itself that it is open.
 */
function upToDate(progress: Progress): Progress {
  for (const pending of progress.pending as (Pending & { cut?: number })[]) {
    const { cut } = pending;
    if (cut === undefined) continue;
    const step = progress.steps[cut] ?? null;
    if (step !== null) step.isLeft = true;
    delete pending.cut;
  }
  return progress;
}
