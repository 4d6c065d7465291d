import type { ChannelStore } from '@trunkline/core';

/** A thread. */
export interface ThreadRef {
  team: string;
  channel: string;
  thread: string;
}

const NAMESPACE = 'threads';

/** How long a thread counts as one of ours after the bot was last heard or called there: 90 days. */
const TTL_MS = 90 * 24 * 60 * 60 * 1000;

/** The threads in which the bot was mentioned or has spoken: what is said there is for it. */
export class Threads {
  readonly #store: ChannelStore;

  constructor(store: ChannelStore) {
    this.#store = store;
  }

  /** Whether the bot takes part in a thread. */
  async has(thread: ThreadRef): Promise<boolean> {
    return (await this.#store.values.get(NAMESPACE, keyOf(thread))) !== null;
  }

  /** The bot takes part in a thread. */
  async add(thread: ThreadRef): Promise<void> {
    await this.#store.values.set(NAMESPACE, keyOf(thread), true, { ttlMs: TTL_MS });
  }
}

function keyOf({ team, channel, thread }: ThreadRef): string {
  return `${team}:${channel}:${thread}`;
}
