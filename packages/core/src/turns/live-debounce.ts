import type { Clock } from '../clock.ts';
import type { UserMessage } from '../message/user-message.ts';
import { joinMessages } from './stored-message.ts';

/** Runs a live turn. */
type Run = (message: UserMessage) => Promise<void>;

/** Live messages that wait for their conversation to become quiet. */
interface Group {
  messages: UserMessage[];
  /** That of the last message, which gets the answer. */
  run: Run;
  firstAt: number;
  cancel: () => void;
  turn: Promise<void>;
  settle: (turn: Promise<void>) => void;
}

/** How many windows somebody who never stops typing is waited for. */
const MAX_WINDOWS = 10;

/** Live messages that follow one another quickly become one: the last, which gets the answer. */
export class LiveDebounce {
  readonly #clock: Clock;
  readonly #windowMs: number;
  readonly #groups = new Map<string, Group>();

  constructor(clock: Clock, windowMs: number) {
    this.#clock = clock;
    this.#windowMs = windowMs;
  }

  /** Adds a message. Settles like the turn that it became part of. */
  add(key: string, message: UserMessage, run: Run): Promise<void> {
    if (message.choice !== null) {
      // It is an answer by itself, and comes after what was said before it.
      this.#begin(key);
      return run(message);
    }
    const group = this.#groups.get(key) ?? this.#open(key, run);
    group.messages.push(message);
    group.run = run;
    group.cancel();
    const longest = group.firstAt + MAX_WINDOWS * this.#windowMs - this.#clock.now();
    const delay = Math.min(this.#windowMs, longest);
    group.cancel = this.#clock.after(delay, () => this.#begin(key));
    return group.turn;
  }

  /** Begins all that waits for a quiet moment: the process shuts down, and there will be none. */
  beginAll(): void {
    for (const key of this.#groups.keys()) this.#begin(key);
  }

  #open(key: string, run: Run): Group {
    let settle: Group['settle'] = () => {};
    const turn = new Promise<void>((resolve) => (settle = resolve));
    const firstAt = this.#clock.now();
    const group: Group = { messages: [], run, firstAt, cancel: () => {}, turn, settle };
    this.#groups.set(key, group);
    return group;
  }

  #begin(key: string): void {
    const group = this.#groups.get(key);
    if (group === undefined) return;
    this.#groups.delete(key);
    group.cancel();
    const { messages, run } = group;
    const output = messages.at(-1)?.outputChannel ?? null;
    group.settle(run(joinMessages(messages).with({ outputChannel: output })));
  }
}
