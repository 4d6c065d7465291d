import { OverloadedError } from '../errors.ts';
import type { TurnLimits } from './limits.ts';

/**
 * What is taken in. The store bounds the queues of deferred messages, over all processes; what was
 * stored before this process began has been taken in already. Events are counted apart, each type by itself:
 * nobody brings one again that was refused since messages wait, or since somebody types; and no message is
 * refused for their sake.
 */
export type Kind = 'live' | 'deferred' | 'recovered' | 'event';

/**
 * How many types of events have a room of their own in a conversation, all of them full: a client that may
 * name its events takes no more.
 */
const EVENT_ROOMS = 10;

/** Whether the store has it, also when this process is gone. */
export function isStored(kind: Kind): boolean {
  return kind === 'deferred' || kind === 'recovered';
}

/**
 * Counts what is under way in this process, and refuses what is over a limit. A conversation with
 * nothing under way takes up nothing.
 */
export class Admission {
  readonly #limits: Required<TurnLimits>;
  readonly #conversations = new Map<string, number>();
  /** How many of them are events. */
  readonly #events = new Map<string, number>();
  readonly #eventsOfType = new Map<string, number>();
  #total = 0;
  #isClosing = false;
  #whenIdle: (() => void)[] = [];

  constructor(limits: Required<TurnLimits>) {
    this.#limits = limits;
  }

  /**
   * Takes one in, or throws an {@link OverloadedError}. Every `enter` needs its `leave`. Returns how many
   * of its conversation were there before.
   *
   * @param eventType - Of an event, what happened.
   */
  enter(channel: string, key: string, kind: Kind, eventType: string = ''): number {
    if (this.#isClosing) throw overloaded(channel, 'shutting_down', 5000);
    const inConversation = this.#conversations.get(key) ?? 0;
    if (this.#isQueueFull(key, kind, eventType, inConversation))
      throw overloaded(channel, 'queue_full', 1000);
    const isFull = kind !== 'recovered' && this.#total >= this.#limits.maxWaiting;
    if (isFull) throw overloaded(channel, 'too_many_waiting', 1000);
    this.#conversations.set(key, inConversation + 1);
    if (kind === 'event') {
      addOne(this.#events, key);
      addOne(this.#eventsOfType, ofType(key, eventType));
    }
    this.#total++;
    return inConversation;
  }

  /** One is done. */
  leave(key: string, kind: Kind, eventType: string = ''): void {
    takeOne(this.#conversations, key);
    if (kind === 'event') {
      takeOne(this.#events, key);
      takeOne(this.#eventsOfType, ofType(key, eventType));
    }
    this.#total--;
    if (this.#total === 0) for (const wake of this.#whenIdle.splice(0)) wake();
  }

  #isQueueFull(key: string, kind: Kind, eventType: string, inConversation: number): boolean {
    if (isStored(kind)) return false;
    const room = this.#limits.maxQueued + 1;
    const events = this.#events.get(key) ?? 0;
    if (kind !== 'event') return inConversation - events >= room;
    const ofItsType = this.#eventsOfType.get(ofType(key, eventType)) ?? 0;
    return ofItsType >= room || events >= EVENT_ROOMS * room;
  }

  /** Refuses everything from now on. */
  close(): void {
    this.#isClosing = true;
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    if (this.#total > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }
}

function ofType(key: string, eventType: string): string {
  return `${eventType.length}:${eventType}${key}`;
}

function addOne(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function takeOne(counts: Map<string, number>, key: string): void {
  const left = (counts.get(key) ?? 1) - 1;
  if (left === 0) counts.delete(key);
  else counts.set(key, left);
}

const TEXTS = {
  queue_full: 'this conversation has as many messages waiting as it may (turns.maxQueued)',
  too_many_waiting: 'the server has as many messages waiting as it may (turns.maxWaiting)',
  waited_too_long: 'the message waited longer than it may (turns.maxWaitMs) and was not handled',
  shutting_down: 'the server is shutting down',
} as const;

/** The error for a limit that was reached. */
export function overloaded(
  channel: string,
  code: keyof typeof TEXTS,
  retryAfterMs: number,
): OverloadedError {
  return new OverloadedError(TEXTS[code], { channel, code, retryAfterMs });
}
