export type { RedisConnectionOptions, RedisStoreOptions } from './options.ts';
export { RedisStore } from './redis-store.ts';
