import { MemoryStore, type Store } from '@trunkline/core';
import type { Environment } from './environment.ts';

/** The store that the environment names. Only its own package is loaded. */
export async function openStore(store: Environment['store']): Promise<Store> {
  if (store.type === 'memory') return new MemoryStore();
  if (store.type === 'sqlite') {
    const { SqliteStore } = await import('@trunkline/sqlite');
    return new SqliteStore({ file: store.file });
  }
  const { RedisStore } = await import('@trunkline/redis');
  const redis = new RedisStore({ url: store.url });
  // A server that cannot reach its store says so now, and not at the first message.
  await redis.ready();
  return redis;
}
