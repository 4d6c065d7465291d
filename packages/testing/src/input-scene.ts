import assert from 'node:assert/strict';
import {
  MemoryStore,
  type Added,
  type ErrorContext,
  type Handle,
  type InputChannel,
  type MaybePromise,
  type NewTurn,
  type TurnReport,
  type UserMessage,
} from '@trunkline/core';
import type { During } from './checks.ts';
import { send, type Answer, type ChannelRequest } from './http.ts';
import type { InputChannelContractOptions } from './input-channel-contract.ts';
import { startLine, type StartedLine } from './start-line.ts';

/** A channel in a line that listens, users that write to it, and an assistant that can be told what to do. */
export class InputScene<C extends InputChannel> {
  readonly channel: C;
  /** The messages that the assistant got. */
  readonly messages: Arrivals<UserMessage> = new Arrivals();
  /** The turns that are over. */
  readonly turns: Arrivals<TurnReport> = new Arrivals();
  /** Where something failed. */
  readonly failures: ErrorContext[] = [];
  /** The deferred messages that the store was asked to take in. */
  readonly adds: Arrivals<NewTurn> = new Arrivals();
  /** What the store does then; `null` for taking it in. */
  onAdd: ((add: () => MaybePromise<Added>) => MaybePromise<Added>) | null = null;
  /** What the assistant does. */
  assistant: Handle = (_message, reply) => void reply.text('Noted');

  readonly #options: InputChannelContractOptions<C>;
  readonly #during: During;
  readonly #gone = new AbortController();
  #line: StartedLine | null = null;

  private constructor(options: InputChannelContractOptions<C>, during: During, channel: C) {
    this.#options = options;
    this.#during = during;
    this.channel = channel;
  }

  /** Makes the channel and starts a line with it, which ends with the check. */
  static async open<C extends InputChannel>(
    options: InputChannelContractOptions<C>,
    during: During,
  ): Promise<InputScene<C>> {
    const channel = await during.waitFor('create()', Promise.resolve(options.create()));
    const scene = new InputScene(options, during, channel);
    scene.#line = await startLine({
      channels: [channel],
      store: scene.#store(),
      assistant: async (message, reply) => {
        scene.messages.add(message);
        await scene.assistant(message, reply);
      },
      onTurn: (report) => scene.turns.add(report),
      onError: (_error, context) => scene.failures.push(context),
    });
    during.afterwards(() => scene.close());
    // Whoever still waits for an answer leaves first.
    during.afterwards(() => scene.#gone.abort());
    return scene;
  }

  /** Ends the line. */
  async close(): Promise<void> {
    await this.#line?.close();
  }

  /** A store that keeps what it is given, unless {@link InputScene.onAdd} says otherwise. */
  #store(): MemoryStore {
    const store = new MemoryStore();
    const add = store.turns.add.bind(store.turns);
    store.turns.add = (turn, how) => {
      this.adds.add(turn);
      return this.onAdd === null ? add(turn, how) : this.onAdd(() => add(turn, how));
    };
    return store;
  }

  /** Makes a request below the channel's prefix. */
  request(request: ChannelRequest): Promise<Answer> {
    const { path = '/webhook', method = 'POST' } = request;
    // As the line mounts it: a prefix that begins with a slash replaces `/webhooks/`.
    const prefix = this.channel.urlPrefix();
    const mount = prefix.startsWith('/') ? prefix : `/webhooks/${prefix}`;
    const answer = send(
      `${this.#line?.url}${mount.replace(/\/+$/, '')}${path}`,
      request,
      this.#gone.signal,
    );
    return this.#during.waitFor(`an answer to ${method} ${path}`, answer);
  }

  /** A user says something. */
  say(text: string, sender: string): Promise<Answer> {
    const answer = Promise.resolve(this.#options.message(text, sender)).then((request) =>
      this.request(request),
    );
    // A check that has failed already waits for no answer any more.
    answer.catch(() => {});
    return answer;
  }

  /** A user says something. Resolves when a message has reached the assistant. */
  async tell(text: string, sender: string): Promise<Told> {
    const count = this.messages.all.length;
    const answered = this.say(text, sender);
    const arrived = this.messages.until((messages) => messages.length > count);
    // An answer that refuses the message says more than a wait that is in vain.
    const refused = answered.then(assertTaken).then(() => arrived);
    const what = `the message "${text}" to reach the assistant`;
    const messages = await this.#during.waitFor(what, Promise.race([arrived, refused]));
    // There are more than `count`.
    return { message: messages[count] as UserMessage, answered };
  }

  /** Resolves when so many turns are over. */
  async over(count: number): Promise<void> {
    const over = this.turns.until((turns) => turns.length >= count);
    await this.#during.waitFor(`the end of turn ${count}`, over);
  }

  /** Resolves when so many messages have reached the assistant. */
  async reached(count: number, what: string): Promise<void> {
    const reached = this.messages.until((messages) => messages.length >= count);
    await this.#during.waitFor(`${what} to reach the assistant`, reached);
  }

  /** What the assistant was told so far. */
  texts(): (string | null)[] {
    return this.messages.all.map(({ text }) => text);
  }
}

/** A message that has reached the assistant, and the answer to the request that brought it. */
export interface Told {
  message: UserMessage;
  answered: Promise<Answer>;
}

/** Fails unless the answer says that a message was taken in. */
export function assertTaken({ status, body }: Answer): void {
  assert.ok(status >= 200 && status < 300, `a valid message was answered ${status}: ${body}`);
}

/** A list that grows, and can be waited on. */
class Arrivals<T> {
  readonly all: T[] = [];
  #onArrival: (() => void)[] = [];

  add(item: T): void {
    this.all.push(item);
    for (const wake of this.#onArrival.splice(0)) wake();
  }

  /** The list, once the condition holds. */
  async until(condition: (items: readonly T[]) => boolean): Promise<readonly T[]> {
    while (!condition(this.all)) {
      await new Promise<void>((resolve) => this.#onArrival.push(resolve));
    }
    return this.all;
  }
}
