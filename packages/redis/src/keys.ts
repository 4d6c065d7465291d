import { crc32 } from 'node:zlib';

/**
 * The names of everything in Redis. A key's partition is in braces, Redis Cluster's hash tag: what
 * belongs to one conversation is on one node, and one script can touch all of it.
 *
 * @see https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags
 */
export class Keys {
  /** How many partitions there are. */
  readonly partitions: number;
  readonly #prefix: string;
  /** The last key that was asked for, which is nearly always the next one. */
  #last = { key: '', partition: 0 };

  constructor(prefix: string, partitions: number) {
    this.#prefix = prefix;
    this.partitions = partitions;
    this.#last.partition = crc32('') % partitions;
  }

  /** Where the number of partitions is written down. */
  get partitionsKey(): string {
    return `${this.#prefix}:partitions`;
  }

  /** The beginning of every process's own channel. */
  get processChannels(): string {
    return `${this.#prefix}:process:`;
  }

  /** The channel of a topic. */
  channelOf(topic: string): string {
    return `${this.#prefix}:topic:${topic}`;
  }

  /** The partition of a key or conversation. */
  partitionOf(key: string): number {
    if (this.#last.key !== key) this.#last = { key, partition: crc32(key) % this.partitions };
    return this.#last.partition;
  }

  /** Something that a partition has one of. */
  shared(partition: number, what: 'alive' | 'pending' | 'lines' | 'fence'): string {
    return `${this.#prefix}:{${partition}}:${what}`;
  }

  /** Something that a conversation has one of. */
  own(key: string, what: 'line' | 'holder' | 'queue' | 'turns'): string {
    return `${this.#prefix}:{${this.partitionOf(key)}}:${what}:${key}`;
  }

  /** What every script on a line needs. */
  line(key: string): string[] {
    const partition = this.partitionOf(key);
    return [
      this.own(key, 'line'),
      this.own(key, 'holder'),
      this.shared(partition, 'lines'),
      this.shared(partition, 'fence'),
    ];
  }

  /** What says that a turn was there. */
  mark(conversation: string, id: string): string {
    const partition = this.partitionOf(conversation);
    return `${this.#prefix}:{${partition}}:mark:${conversation.length}:${conversation}${id}`;
  }

  /** A value, or a list. Its partition is the key's alone, so that it is the conversation's. */
  kept(what: 'value' | 'list', namespace: string, key: string): string {
    const partition = this.partitionOf(key);
    return `${this.#prefix}:{${partition}}:${what}:${namespace.length}:${namespace}${key}`;
  }

  /** What finds all values of a namespace, and a few more perhaps: Redis's `MATCH`. */
  patternOf(namespace: string): string {
    const literal = (text: string): string => text.replace(/[\\*?[\]^-]/g, '\\$&');
    return `${literal(this.#prefix)}:{*}:value:${namespace.length}:${literal(namespace)}*`;
  }

  /** The key of a value that `patternOf` found; `null` if it is something else. */
  keyOf(found: string, namespace: string): string | null {
    const start = found.indexOf('}:value:', this.#prefix.length);
    if (start < 0) return null;
    const lead = `}:value:${namespace.length}:${namespace}`;
    const key = found.slice(start + lead.length);
    return this.kept('value', namespace, key) === found ? key : null;
  }
}
