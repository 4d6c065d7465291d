import { ConfigurationError } from '@trunkline/core';
import type { Cluster, ClusterOptions, Redis, RedisOptions } from 'ioredis';

/** What a connection of the store needs to be set to; see {@link RedisStoreOptions.create}. */
export interface RedisConnectionOptions {
  /** For `new Redis(url, redis)`, and for `redisOptions` of a cluster. */
  redis: RedisOptions;
  /** For `new Cluster(nodes, cluster)`. */
  cluster: ClusterOptions;
}

/** Options of a {@link RedisStore}. */
export interface RedisStoreOptions {
  /** Where Redis is: `redis://user:password@host:6379/0`, or `rediss://…` for TLS. */
  url?: string;
  /**
   * Makes a connection: for a cluster, for sentinels, for TLS with files of its own. Called twice; each
   * call MUST make a new client with the options that it is given, and MAY add to them.
   *
   * ```ts
   * import { RedisStore } from '@trunkline/redis';
   * import { Cluster } from 'ioredis';
   *
   * new RedisStore({ create: ({ cluster }) => new Cluster([{ host: 'redis-1', port: 6379 }], cluster) });
   * ```
   */
  create?: (options: RedisConnectionOptions) => Redis | Cluster;
  /** What every key begins with. No braces. @defaultValue `trunkline` */
  prefix?: string;
  /**
   * Over how many parts the keys are spread; a cluster's nodes share the parts. Every process MUST use
   * the same number, for as long as there are keys. @defaultValue 16
   */
  partitions?: number;
  /**
   * Told, once, what is wrong with a Redis that works all the same: its set-up, or something damaged in it.
   * @defaultValue `process.emitWarning`
   */
  warn?: (message: string) => void;
}

/** How long things take, in milliseconds. Tests have them shorter. */
export interface Timing {
  /** How long a call may take. */
  limitMs: number;
  /** How long a process counts as living after it was last heard of. */
  leaseMs: number;
  /** How long the living get to say so, after Redis was away and everybody's lease is over at once. */
  graceMs: number;
  /** How often a process says that it lives. */
  beatMs: number;
  /** How often processes look for dead ones. */
  checkMs: number;
  /** How often they look through everything. */
  sweepMs: number;
}

/** What holds outside of tests. */
const TIMING: Timing = {
  // The contract says 2 seconds, the caller's timer included.
  limitMs: 1_800,
  leaseMs: 8_000,
  // Well above the longest back-off of a reconnect.
  graceMs: 4_000,
  beatMs: 2_000,
  checkMs: 2_500,
  sweepMs: 60_000,
};

/** Options with every default in place. */
export interface Settings {
  url: string | null;
  create: ((options: RedisConnectionOptions) => Redis | Cluster) | null;
  prefix: string;
  partitions: number;
  warn: (message: string) => void;
  timing: Timing;
}

/** Checks the options. Tests may give a `timing` beside them. */
export function settingsOf(options: RedisStoreOptions & { timing?: Partial<Timing> }): Settings {
  const { url = null, create = null, prefix = 'trunkline', partitions = 16 } = options;
  const { warn = (message) => process.emitWarning(message) } = options;
  if ((url === null) === (create === null)) {
    throw wrong('give either `url`, redis://localhost:6379 say, or `create`');
  }
  // Not the URL itself: it may hold a password.
  if (url !== null && !/^rediss?:\/\//.test(url)) {
    throw wrong('`url` must begin with redis:// or rediss://');
  }
  if (url !== null && !isReadable(url)) {
    throw wrong(
      '`url` must be as in redis://user:password@host:6379/0, with a number at the end: write what is ' +
        'special in a password as encodeURIComponent does, %2F for /',
    );
  }
  if (/[{}]/.test(prefix)) {
    throw wrong('`prefix` must be without braces: Redis Cluster reads them');
  }
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > 1024) {
    throw wrong('`partitions` must be a whole number from 1 to 1024');
  }
  return { url, create, prefix, partitions, warn, timing: { ...TIMING, ...options.timing } };
}

/** Whether it is a URL that says what it means: what follows a / in a password would be the database. */
function isReadable(url: string): boolean {
  try {
    const { username, password, pathname, searchParams, hash } = new URL(url);
    decodeURIComponent(username + password);
    const db = searchParams.get('db') ?? '';
    return hash === '' && /^(?:\/\d*)?$/.test(pathname) && /^\d*$/.test(db);
  } catch {
    return false;
  }
}

function wrong(message: string): ConfigurationError {
  return new ConfigurationError(message, { channel: 'redis' });
}
