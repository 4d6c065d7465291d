import type { Clock, JsonValue, Signals } from '@trunkline/core';
import type { Client } from './client.ts';
import { Link } from './link.ts';
import type { Process } from './process.ts';
import { toRedis } from './text.ts';

/** What {@link News} needs. */
export interface NewsOptions {
  /** A connection of its own: one that listens cannot do anything else. */
  client: Client;
  /** Time. */
  clock: Clock;
  /** How long a command may take. */
  limitMs: number;
  /** The process whose channel it hears. */
  process: Process;
  /** Told of each lock that another process gave to this one. */
  onGiven: (key: string, ticket: string, fence: number) => void;
  /** Told when it hears again what is said. */
  onUp: () => void;
}

/** What the processes tell one another, by Redis's publish and subscribe. */
export class News implements Signals {
  readonly #process: Process;
  readonly #client: Client;
  readonly #link: Link;
  readonly #listeners = new Map<string, Set<(news: JsonValue) => void>>();
  readonly #subscribing = new Set<Promise<unknown>>();

  constructor(options: NewsOptions) {
    const { client, clock, limitMs, process, onGiven, onUp } = options;
    const own = `${process.keys.processChannels}${process.id}`;
    this.#process = process;
    this.#client = client;
    const prepare = async (): Promise<void> => {
      await client.subscribe(own, ...this.#listeners.keys());
    };
    this.#link = new Link(client, { clock, limitMs, prepare, onUp });
    client.on('message', (channel: string, text: string) => {
      if (channel !== own) return this.#hear(channel, text);
      // As `tell` has it: the key is last, for it may hold anything.
      const [ticket = '', fence = ''] = text.split(' ', 2);
      onGiven(text.slice(ticket.length + fence.length + 2), ticket, Number(fence));
    });
  }

  /** Begins to hear of this process's locks. */
  start(): void {
    this.#link.start();
  }

  /** Rejects with what keeps this process from hearing the others. */
  async ready(): Promise<void> {
    await this.#link.send((client) => client.ping(), { isCheck: true });
  }

  /** Finds out whether the connection is dead and does not know it. */
  ping(): void {
    // A cluster looks after the connection that it listens on.
    if ('nodes' in this.#client) return;
    this.#link.send((client) => client.ping(), { once: true }).catch(() => {});
  }

  /** {@inheritDoc @trunkline/core#Signals.send} */
  send(topic: string, news: JsonValue): void {
    const { link, keys } = this.#process;
    const channel = keys.channelOf(toRedis(topic));
    const text = JSON.stringify(news);
    // Whoever began to listen here before this was called hears it.
    Promise.all(this.#subscribing)
      .then(() => link.send((client) => client.publish(channel, text), { once: true }))
      // News may be lost.
      .catch(() => {});
  }

  /** {@inheritDoc @trunkline/core#Signals.listen} */
  listen(topic: string, listener: (news: JsonValue) => void): () => void {
    const channel = this.#process.keys.channelOf(toRedis(topic));
    const listeners = this.#listeners.get(channel) ?? new Set();
    // A function of its own: the same one may be given twice.
    const own = (news: JsonValue): void => listener(news);
    this.#listeners.set(channel, listeners.add(own));
    if (listeners.size === 1) this.#tell((client) => client.subscribe(channel));
    return () => {
      if (!listeners.delete(own) || listeners.size > 0) return;
      this.#listeners.delete(channel);
      this.#tell((client) => client.unsubscribe(channel));
    };
  }

  /** Lets go. */
  close(): void {
    this.#listeners.clear();
    this.#link.close();
  }

  #tell(command: (client: Client) => Promise<unknown>): void {
    // What fails is made good when the connection is there again.
    const told = this.#link.send(command).catch(() => {});
    this.#subscribing.add(told);
    void told.then(() => this.#subscribing.delete(told));
  }

  #hear(channel: string, text: string): void {
    for (const listener of this.#listeners.get(channel) ?? []) {
      // One that throws or, being `async`, rejects is its own author's concern, and nobody else's loss.
      try {
        const heard: unknown = listener(JSON.parse(text) as JsonValue);
        if (heard instanceof Promise) heard.catch(() => {});
      } catch {}
    }
  }
}
