import {
  isJsonObject,
  type Clock,
  type JsonObject,
  type JsonValue,
  type KeyedLists,
  type MaybePromise,
} from '@trunkline/core';
import type { LogOptions } from './credentials.ts';
import type { LoggedFrame } from './protocol.ts';

/** A frame as it is kept: its number is the item's. */
export type Unnumbered<F extends LoggedFrame = LoggedFrame> = F extends LoggedFrame
  ? Omit<F, 'seq'>
  : never;

/** One item of a log. */
export interface LogItem {
  number: number;
  /** When it was added, in milliseconds since 1970. */
  at: number;
  /** The step of the turn that it is, where that has to be found again. */
  step: string | null;
  /** `null` where it is none, or too old to be shown. */
  frame: Unnumbered | null;
  /** Whether it was a message once. */
  isLost: boolean;
  /** What it takes. */
  bytes: number;
}

const NAMESPACE = 'log';

/** What an item takes beside its frame. */
const ITEM_BYTES = 40;

/** The logs of all sessions, in the store: the list's numbers are the frames' `seq`. */
export class Log {
  readonly options: Required<LogOptions>;
  readonly #lists: KeyedLists;
  readonly #clock: Clock;
  readonly #ttlMs: number;

  /** @param ttlMs - How long a log is kept: longer than anybody can resume. */
  constructor(lists: KeyedLists, clock: Clock, options: Required<LogOptions>, ttlMs: number) {
    this.options = options;
    this.#lists = lists;
    this.#clock = clock;
    this.#ttlMs = ttlMs;
  }

  /** Adds a frame and resolves to its number; `null` only keeps the log from being forgotten. */
  append(
    session: string,
    frame: Unnumbered | null,
    maxItems: number,
    step: string | null = null,
  ): MaybePromise<number> {
    const item: JsonObject = { at: this.#clock.now() };
    if (step !== null) item['step'] = step;
    // Frames are JSON; their types leave keys out, which `undefined` would not.
    if (frame !== null) item['frame'] = frame as unknown as JsonObject;
    return this.#lists.append(NAMESPACE, session, [item], { maxItems, ttlMs: this.#ttlMs });
  }

  /** The items after a number, the oldest first. */
  async after(session: string, number: number, limit: number): Promise<LogItem[]> {
    const items = await this.#lists.after(NAMESPACE, session, number, limit);
    const oldest = this.#clock.now() - this.options.maxAgeMs;
    return items.map((item) => readItem(item.number, item.value, oldest));
  }

  /** All that there is. */
  async all(session: string): Promise<LogItem[]> {
    return await this.after(session, 0, this.options.maxMessages);
  }
}

/** What an item with this frame, as JSON, takes: about. */
export function bytesOf(json: string): number {
  return ITEM_BYTES + Buffer.byteLength(json);
}

/** A frame as it is sent: its JSON, with the number that the log has given it. */
export function numbered(json: string, number: number): string {
  return `${json.slice(0, -1)},"seq":${number}}`;
}

function readItem(number: number, value: JsonValue, oldest: number): LogItem {
  const item = isJsonObject(value) ? value : {};
  const at = Number(item['at'] ?? 0);
  // As `append` has written it.
  const frame = (item['frame'] ?? null) as Unnumbered | null;
  const isLost = frame !== null && at < oldest;
  return {
    number,
    at,
    step: typeof item['step'] === 'string' ? item['step'] : null,
    frame: isLost ? null : frame,
    isLost,
    bytes: frame === null ? ITEM_BYTES : bytesOf(JSON.stringify(frame)),
  };
}
