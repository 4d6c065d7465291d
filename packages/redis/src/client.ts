import type { Duplex } from 'node:stream';
import { Redis, type Cluster } from 'ioredis';
import type { RedisConnectionOptions, Settings } from './options.ts';

/** A connection, or a cluster's many. */
export type Client = Redis | Cluster;

/** How long a reconnect is waited with at most, in milliseconds. */
const MAX_BACK_OFF_MS = 1_000;

/**
 * The settings that the store's promises rest on. The link to Redis queues and repeats commands
 * itself, and ends what takes too long: a command of ioredis that outlived its caller could be done
 * minutes later.
 */
const OPTIONS: RedisConnectionOptions['redis'] = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  // A broken connection rejects at once what it was asked.
  maxRetriesPerRequest: 0,
  connectTimeout: 1_500,
  disconnectTimeout: 500,
  keepAlive: 10_000,
  // All processes must be back at about the same time when Redis has loaded its data.
  maxLoadingRetryTime: 500,
  retryStrategy: (times) => Math.min(50 * times, MAX_BACK_OFF_MS),
  // A master that has become a replica is left.
  reconnectOnError: (error) => error.message.startsWith('READONLY'),
};

/** A new client, not connected yet. */
export function createClient({ url, create }: Settings): Client {
  if (create === null) return new Redis(url ?? '', OPTIONS);
  return create({
    redis: OPTIONS,
    cluster: {
      lazyConnect: true,
      enableOfflineQueue: false,
      slotsRefreshInterval: 5_000,
      clusterRetryStrategy: (times) => Math.min(50 * times, MAX_BACK_OFF_MS),
      redisOptions: OPTIONS,
    },
  });
}

/** Ends its connections; `again`: to make new ones. */
export function hangUp(client: Client, again = false): void {
  // One that is ended amid its handshake may say twice that it failed, and ioredis listens once.
  if (!('nodes' in client)) (client.stream as Duplex | undefined)?.on('error', () => {});
  client.disconnect(again);
}

/** What to call it in messages, without credentials. */
export function whereOf(client: Client): string {
  if ('nodes' in client) return 'the Redis cluster';
  const { path, host, port, sentinels } = client.options;
  if (sentinels) return 'Redis behind its sentinels';
  return `Redis at ${path ?? `${host ?? 'localhost'}:${port ?? 6379}`}`;
}

/**
 * Whether a command may have been done before, as its script takes it. A cluster's client may send one
 * again by itself.
 */
export function againOf(client: Client, isAgain: boolean): 0 | 1 {
  return isAgain || 'nodes' in client ? 1 : 0;
}
