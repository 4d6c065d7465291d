import type { ChoiceFrame, MessageFrame } from './wire.ts';
import type { Clock } from './clock.ts';
import { isObject } from './frames.ts';
import type { KnownSession, Memory } from './memory.ts';

/** A message of the user's, with the name that it keeps until it is acknowledged. */
export type Outgoing = (MessageFrame | ChoiceFrame) & { id: string };

/** A message that waits for its acknowledgement. */
interface Waiting {
  frame: Outgoing;
  /** When it was written, in milliseconds since 1970. */
  at: number;
  /** Whose it is. */
  user: string;
}

/** Servers remember a message's name for 48 h; after that, a repetition would be a second message. */
const MAX_AGE_MS = 24 * 60 * 60 * 1_000;

/** The user before the server has told who it is. */
const UNKNOWN = '';

/**
 * What the user said and the server has not acknowledged, the oldest first. Each has a place of its own
 * in the memory, so that tabs that share one do not overwrite what the others wait for; that two tabs
 * send the same message does no harm, since its name is the same.
 *
 * Many users may share a memory, one after the other. Who they are only the server knows: a token is a
 * text like another here. So nothing is taken up before the server has told, and then this user's alone.
 */
export class Outbox {
  readonly #memory: Memory;
  readonly #clock: Clock;
  readonly #isAnonymous: boolean;
  #user = UNKNOWN;
  #waiting: Waiting[] = [];

  /** @param isAnonymous - whether the page has no token: the server may issue the session */
  constructor(memory: Memory, clock: Clock, isAnonymous: boolean) {
    this.#memory = memory;
    this.#clock = clock;
    this.#isAnonymous = isAnonymous;
  }

  /** The message whose turn it is. */
  get first(): Outgoing | null {
    return this.#waiting[0]?.frame ?? null;
  }

  /** All that wait. */
  get all(): Outgoing[] {
    return this.#waiting.map(({ frame }) => frame);
  }

  /**
   * The session is this user's, and so is what is said from now on and was said since the page is there.
   * Takes up what waits for this user. What waits for another stays for when that one is back.
   */
  belongTo({ user, token }: KnownSession): 'none' | 'first' | 'other' {
    if (user === this.#user) return 'none';
    const change = this.#user === UNKNOWN ? 'first' : 'other';
    this.#user = user;
    // Said in an earlier page that never got a session. Where sessions are issued, it can only be this user.
    const isHeir = this.#isAnonymous && token !== null;
    const waiting = new Map(
      this.#memory
        .names('unsent:')
        .map((name) => this.#recall(name))
        .filter((kept) => kept !== null)
        .filter((kept) => kept.user === user || (isHeir && kept.user === UNKNOWN))
        .map((kept) => [kept.frame.id, kept]),
    );
    if (change === 'first') for (const said of this.#waiting) waiting.set(said.frame.id, said);
    this.#waiting = [...waiting.values()].toSorted((a, b) => a.at - b.at);
    for (const each of this.#waiting) this.#keep(each);
    return change;
  }

  /** Adds a message at the end. */
  add(frame: Outgoing): void {
    // Two in one millisecond keep their order, also in a new page.
    const at = Math.max(this.#clock.now(), (this.#waiting.at(-1)?.at ?? 0) + 1);
    const waiting = { frame, at, user: this.#user };
    this.#waiting.push(waiting);
    // Whose it was, nobody could tell later.
    if (this.#isAnonymous || this.#user !== UNKNOWN) this.#keep(waiting);
  }

  /** Takes a message out: acknowledged, or given up. */
  remove(id: string): Outgoing | null {
    const found = this.#waiting.find(({ frame }) => frame.id === id);
    if (found === undefined) return null;
    this.#waiting = this.#waiting.filter((waiting) => waiting !== found);
    this.#memory.set(`unsent:${id}`, null);
    return found.frame;
  }

  /** Whether somebody else has the memory by now, or nobody. */
  isLeft(known: KnownSession | null): boolean {
    return this.#user !== UNKNOWN && known?.user !== this.#user;
  }

  /** The user has gone: forgets who that was, and what was waiting here. */
  leave(): void {
    this.#user = UNKNOWN;
    for (const { frame } of this.#waiting) this.#memory.set(`unsent:${frame.id}`, null);
    this.#waiting = [];
  }

  /** Forgets what waits, whoever said it. */
  clear(): void {
    this.leave();
    for (const name of this.#memory.names('unsent:')) this.#memory.set(name, null);
  }

  #keep(waiting: Waiting): void {
    waiting.user = this.#user;
    this.#memory.set(`unsent:${waiting.frame.id}`, waiting);
  }

  #recall(name: string): Waiting | null {
    const kept = this.#memory.get(name);
    const isFresh =
      isObject(kept) &&
      typeof kept['at'] === 'number' &&
      this.#clock.now() - kept['at'] < MAX_AGE_MS;
    if (isFresh && isObject(kept['frame']) && typeof kept['frame']['id'] === 'string') {
      // Written by `add`.
      return kept as unknown as Waiting;
    }
    this.#memory.set(name, null);
    return null;
  }
}
