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
  readonly #hasOneToken: boolean;

  /**
   * @param hasOneToken - Whether there is one token for all. Until Slack has said whose it is, what is posted with
   *   it names no workspace, and what comes in does: it names none here.
   */
  constructor(store: ChannelStore, hasOneToken: boolean) {
    this.#store = store;
    this.#hasOneToken = hasOneToken;
  }

  /** Whether the bot takes part in a thread. */
  async has(thread: ThreadRef): Promise<boolean> {
    return (await this.#store.values.get(NAMESPACE, this.#keyOf(thread))) !== null;
  }

  /** The bot takes part in a thread. */
  async add(thread: ThreadRef): Promise<void> {
    await this.#store.values.set(NAMESPACE, this.#keyOf(thread), true, { ttlMs: TTL_MS });
  }

  #keyOf({ team, channel, thread }: ThreadRef): string {
    return `${this.#hasOneToken ? '' : team}:${channel}:${thread}`;
  }
}
