import { ConfigurationError, MemoryStore, type Store } from '@trunkline/core';
import type * as Redis from '@trunkline/redis';
import { userModules } from './user-modules.ts';

/** A store, as a text names it. */
export type StoreName =
  | { type: 'memory' }
  | {
      type: 'sqlite';
      /** The file. */
      file: string;
    }
  | {
      type: 'redis';
      /** Where it is. */
      url: string;
    };

/** Reads the name of a store. `what` is what it is called in the error. */
export function parseStore(text: string, what: string): StoreName {
  if (text === 'memory') return { type: 'memory' };
  const file = /^sqlite:(.+)$/.exec(text)?.[1];
  if (file !== undefined) return { type: 'sqlite', file };
  if (/^rediss?:\/\//.test(text)) return { type: 'redis', url: text };
  throw new ConfigurationError(
    `${what} must be "sqlite:" and a file, a Redis URL such as redis://localhost:6379, or "memory"`,
  );
}

/** Opens a store. Only its own package is loaded; that of Redis is the user's to install. */
export async function openStore(store: StoreName): Promise<Store> {
  if (store.type === 'memory') return new MemoryStore();
  return store.type === 'sqlite' ? await openSqlite(store.file) : await openRedis(store.url);
}

/** Opens the store of a server, which may run: for a tool. */
export async function openStoreBeside(store: StoreName): Promise<Store> {
  if (store.type === 'memory') {
    throw new ConfigurationError('a store in memory is seen by its own server alone');
  }
  return store.type === 'sqlite' ? await openSqlite(store.file, true) : await openRedis(store.url);
}

async function openSqlite(file: string, beside = false): Promise<Store> {
  const { SqliteStore } = await import('@trunkline/sqlite');
  return new SqliteStore({ file, beside });
}

async function openRedis(url: string): Promise<Store> {
  const modules = userModules();
  const resolved = modules.resolve('@trunkline/redis', process.cwd());
  if (resolved === null) {
    throw new ConfigurationError(
      'a store in Redis needs its package: npm install @trunkline/redis',
    );
  }
  // As the package's types have it.
  const { RedisStore } = (await modules.load(resolved)) as unknown as typeof Redis;
  const redis = new RedisStore({ url });
  // A server that cannot reach its store says so now, and not at the first message.
  await redis.ready();
  return redis;
}
