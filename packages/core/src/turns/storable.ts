import type { JsonObject } from '../message/json.ts';
import type { Progress } from './progress.ts';

/** Something of a turn that JSON refuses. */
export interface Unstorable {
  /** Whose doing it is. */
  stage: 'assistant' | 'send';
  /** What it is, and what it should have been. */
  message: string;
}

/**
 * Puts what can be stored in the place of what JSON refuses: a turn that cannot be stored would hold its
 * conversation up, and be said again and again. Returns what was changed.
 *
 * To look before each save would cost every step; this is called when one has failed.
 */
export function makeStorable(progress: Progress): Unstorable[] {
  const found: Unstorable[] = [];
  for (const [index, step] of progress.steps.entries()) {
    if (!step?.receipts || isJson(step.receipts)) continue;
    step.receipts = step.receipts.map((receipt) => asFarAsJson(receipt));
    const what = `the receipt of step ${index + 1} is no JSON, and is kept only as far as it is`;
    found.push({ stage: 'send', message: `${what}: deliver() must resolve to plain JSON` });
  }
  for (const pending of progress.pending) {
    if (!isJson(pending.response)) {
      pending.response = asFarAsJson(pending.response);
      const what = 'a response that waits is no JSON, and is sent only as far as it is';
      found.push({ stage: 'assistant', message: what });
    }
    if (!isJson(pending.trackerState)) {
      pending.trackerState = null;
      const what = 'the tracker state of a response that waits is no JSON, and is left out';
      found.push({ stage: 'assistant', message: what });
    }
  }
  return found;
}

/** A copy of what is stored; what is no JSON stays as it is until then. */
export function asJson<T extends object>(value: T): T {
  try {
    return JSON.parse(JSON.stringify(value)) as T;
  } catch {
    return value;
  }
}

function isJson(value: unknown): boolean {
  try {
    JSON.stringify(value);
    return true;
  } catch {
    return false;
  }
}

/** A copy in which big numbers are texts, and circles are left out; empty where even that is refused. */
export function asFarAsJson(value: object): JsonObject {
  const above: unknown[] = [];
  const replace = function (this: unknown, _key: string, item: unknown): unknown {
    if (typeof item === 'bigint') return String(item);
    if (typeof item !== 'object' || item === null) return item;
    while (above.length > 0 && above.at(-1) !== this) above.pop();
    if (above.includes(item)) return undefined;
    above.push(item);
    return item;
  };
  try {
    // It was made of an object.
    return JSON.parse(JSON.stringify(value, replace)) as JsonObject;
  } catch {
    return {};
  }
}
