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
  /** Characters over all conversations; those that were silent longest go first. @defaultValue 4,000,000 */
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

/**
 * What was said lately, in this process's memory.
 *
 * Conversations are kept in two generations of half the characters each. Who speaks belongs to the
 * young one; when that is full it becomes the old one, and what is left of the old one is forgotten
 * at a stroke. To keep them in the order in which they last spoke would cost every turn more.
 */
export class History {
  readonly #clock: Clock;
  readonly #options: Required<HistoryOptions>;
  #young = new Map<string, Conversation>();
  #old = new Map<string, Conversation>();
  /** Of the young generation. */
  #characters = 0;

  constructor(clock: Clock, options: HistoryOptions = {}) {
    this.#clock = clock;
    this.#options = wholeNumbers('history', DEFAULTS, options);
  }

  /** Adds what was said. */
  add(key: string, entries: readonly HistoryEntry[]): void {
    if (this.#options.maxEntries === 0 || entries.length === 0) return;
    const known = this.#young.get(key);
    const conversation = known ?? this.#old.get(key) ?? { entries: [], characters: 0 };
    const others = this.#characters - (known?.characters ?? 0);
    for (const entry of entries) {
      conversation.characters += ENTRY_COST + entry.text.length;
      conversation.entries.push(entry);
    }
    while (this.#isOver(conversation)) dropFirst(conversation);
    this.#characters = others + conversation.characters;
    if (this.#characters > this.#options.maxCharacters / 2) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#characters = conversation.characters;
    }
    if (this.#young.size === 0 || known === undefined) this.#young.set(key, conversation);
  }

  /** The last `count` entries, the oldest first. Copies. */
  last(key: string, count: number): HistoryEntry[] {
    const oldest = this.#clock.now() - this.#options.maxAgeMs;
    const { entries } = this.#young.get(key) ?? this.#old.get(key) ?? { entries: [] };
    const young = entries.filter((entry) => entry.at > oldest);
    return count <= 0 ? [] : young.slice(-count).map((entry) => ({ ...entry }));
  }

  #isOver({ entries, characters }: Conversation): boolean {
    const { maxEntries, maxAgeMs, maxCharacters } = this.#options;
    const oldest = entries[0]?.at ?? Number.POSITIVE_INFINITY;
    return (
      entries.length > maxEntries ||
      characters > maxCharacters / 2 ||
      oldest <= this.#clock.now() - maxAgeMs
    );
  }
}

function dropFirst(conversation: Conversation): void {
  const first = conversation.entries.shift();
  conversation.characters -= ENTRY_COST + (first?.text.length ?? 0);
}
