import type { Clock } from '../clock.ts';
import { wholeNumbers } from './limits.ts';

/** Something that was said in a conversation. */
export interface HistoryEntry {
  /** Who said it. */
  role: 'user' | 'assistant';
  /** The text. What has none is given as a text channel would show it. */
  text: string;
  /** When, in milliseconds since 1970. */
  at: number;
}

/** How much of what was said is kept. */
export interface HistoryOptions {
  /** Entries a conversation. 0 keeps none. @defaultValue 50 */
  maxEntries?: number;
  /** Milliseconds that an entry is kept. @defaultValue 24 hours */
  maxAgeMs?: number;
  /** Characters over all conversations; the conversation that was silent longest goes first. @defaultValue 4,000,000 */
  maxCharacters?: number;
}

const DEFAULTS: Required<HistoryOptions> = {
  maxEntries: 50,
  maxAgeMs: 24 * 60 * 60 * 1000,
  maxCharacters: 4_000_000,
};

/** What an entry takes beside its text, counted as characters. */
const ENTRY_COST = 100;

interface Conversation {
  entries: HistoryEntry[];
  characters: number;
}

/** What was said lately, in this process's memory. */
export class History {
  readonly #clock: Clock;
  readonly #maxEntries: number;
  readonly #maxAgeMs: number;
  readonly #maxCharacters: number;
  /** The one that was silent longest comes first. */
  readonly #conversations = new Map<string, Conversation>();
  #characters = 0;

  constructor(clock: Clock, options: HistoryOptions = {}) {
    this.#clock = clock;
    const resolved = wholeNumbers('history', DEFAULTS, options);
    this.#maxEntries = resolved.maxEntries;
    this.#maxAgeMs = resolved.maxAgeMs;
    this.#maxCharacters = resolved.maxCharacters;
  }

  /** Adds what was said. */
  add(key: string, entries: readonly HistoryEntry[]): void {
    if (this.#maxEntries === 0 || entries.length === 0) return;
    const conversation = this.#conversations.get(key) ?? { entries: [], characters: 0 };
    // Put at the end of the map: the one that spoke last.
    this.#conversations.delete(key);
    this.#conversations.set(key, conversation);
    for (const entry of entries) {
      this.#grow(conversation, ENTRY_COST + entry.text.length);
      conversation.entries.push(entry);
    }
    while (this.#isOver(conversation)) this.#dropFirst(conversation);
    this.#forgetSilent();
  }

  /** The last `count` entries, the oldest first. Copies. */
  last(key: string, count: number): HistoryEntry[] {
    const oldest = this.#clock.now() - this.#maxAgeMs;
    const entries = this.#conversations.get(key)?.entries ?? [];
    const young = entries.filter((entry) => entry.at > oldest);
    return count <= 0 ? [] : young.slice(-count).map((entry) => ({ ...entry }));
  }

  #isOver({ entries }: Conversation): boolean {
    const oldest = entries[0]?.at ?? Number.POSITIVE_INFINITY;
    return entries.length > this.#maxEntries || oldest <= this.#clock.now() - this.#maxAgeMs;
  }

  #dropFirst(conversation: Conversation): void {
    const first = conversation.entries.shift() as HistoryEntry;
    this.#grow(conversation, -(ENTRY_COST + first.text.length));
  }

  #grow(conversation: Conversation, by: number): void {
    conversation.characters += by;
    this.#characters += by;
  }

  /** In one go, and a little more than needed, so that not every turn pays for a walk. */
  #forgetSilent(): void {
    if (this.#characters <= this.#maxCharacters) return;
    for (const [key, conversation] of this.#conversations) {
      this.#conversations.delete(key);
      this.#characters -= conversation.characters;
      if (this.#characters <= this.#maxCharacters * 0.9) return;
    }
  }
}
