import type { Clock } from '../clock.ts';
import type { UserMessage } from '../message/user-message.ts';
import type { Schedule, Work } from './schedule.ts';
import { joinMessages } from './stored-message.ts';

/** Runs a live turn. */
type Run = (message: UserMessage) => Promise<void>;

/** Live messages that wait for their conversation to become quiet. */
interface Group {
  messages: UserMessage[];
  /** Each counts as one that waits, until the turn begins that they become. */
  waiting: Work[];
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
  readonly #schedule: Schedule;
  readonly #groups = new Map<string, Group>();

  constructor(clock: Clock, windowMs: number, schedule: Schedule) {
    this.#clock = clock;
    this.#windowMs = windowMs;
    this.#schedule = schedule;
  }

  /**
   * Adds a message. Settles like the turn that it became part of.
   *
   * @throws OverloadedError - it is over a limit.
   */
  add(channel: string, key: string, message: UserMessage, run: Run): Promise<void> {
    if (message.choice !== null) {
      // It is an answer by itself, and comes after what was said before it.
      this.#begin(key);
      return run(message);
    }
    const work = this.#schedule.enter(channel, key, 'live');
    const group = this.#groups.get(key) ?? this.#open(key, run);
    group.waiting.push(work);
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
    const cancel = (): void => {};
    const group: Group = { messages: [], waiting: [], run, firstAt, cancel, turn, settle };
    this.#groups.set(key, group);
    return group;
  }

  #begin(key: string): void {
    const group = this.#groups.get(key);
    if (group === undefined) return;
    this.#groups.delete(key);
    group.cancel();
    const { messages, waiting, run } = group;
    for (const work of waiting) this.#schedule.leave(work);
    const output = messages.at(-1)?.outputChannel ?? null;
    group.settle(run(joinMessages(messages).with({ outputChannel: output })));
  }
}
