import type { KeptList } from './kept-list.ts';

/** Lists by namespace and key. */
type Generation = Map<string, Map<string, KeptList>>;

/**
 * Lists that share a bound.
 *
 * They are kept in two generations of half the characters each. What grows belongs to the young
 * one; when that is full it becomes the old one, and what is left of the old one is forgotten at a
 * stroke. To keep lists in the order in which they last grew would cost every turn more.
 */
export class ListPool {
  /** What one list may take up: a generation. */
  readonly maxCharacters: number;

  #young: Generation = new Map();
  #old: Generation = new Map();
  /** Of the young generation. */
  #characters = 0;

  constructor(maxCharacters: number) {
    this.maxCharacters = maxCharacters / 2;
  }

  /** A list, also one whose time is over. */
  find(namespace: string, key: string): KeptList | undefined {
    return this.#young.get(namespace)?.get(key) ?? this.#old.get(namespace)?.get(key);
  }

  /** Has a list grow, which may be new: then it takes the place of any other of its name. */
  keep(namespace: string, list: KeptList, grow: () => void): void {
    const young = this.#young.get(namespace)?.get(list.key);
    const others = this.#characters - (young?.characters ?? 0);
    grow();
    this.#characters = others + list.characters;
    const isFull = this.#characters > this.maxCharacters;
    if (isFull) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#characters = list.characters;
    }
    if (isFull || list !== young) put(this.#young, namespace, list);
  }

  /** Forgets everything. */
  clear(): void {
    this.#young.clear();
    this.#old.clear();
    this.#characters = 0;
  }
}

function put(generation: Generation, namespace: string, list: KeptList): void {
  const lists = generation.get(namespace);
  if (lists === undefined) generation.set(namespace, new Map([[list.key, list]]));
  else lists.set(list.key, list);
}
