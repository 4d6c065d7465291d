// Trunkline with a store: `line.mjs memory`, `line.mjs sqlite <folder>`, `line.mjs redis <port>`.
import { join } from 'node:path';
import { MemoryStore } from '@trunkline/core';
import { RedisStore } from '@trunkline/redis';
import { SqliteStore } from '@trunkline/sqlite';
import { ready } from '../../harness/target.mjs';
import { BenchLine } from '../bench-line.mjs';
import { redisCpuUs } from '../redis-info.mjs';

const [kind = '', where = ''] = process.argv.slice(2);

/** @type {Record<string, () => import('@trunkline/core').Store>} */
const stores = {
  memory: () => new MemoryStore(),
  sqlite: () => new SqliteStore({ file: join(where, `line-${process.pid}.db`) }),
  redis: () => new RedisStore({ url: `redis://127.0.0.1:${where}` }),
};
const store = stores[kind]?.();
if (store === undefined) throw new Error(`there is no store ${kind}`);
await store.ready();

const line = new BenchLine(store);
const serverCpuUs = kind === 'redis' ? redisCpuUs(Number(where)) : async () => 0;

ready(null, {
  accepts: ({ durationMs }) => line.accepts(durationMs, serverCpuUs),
  saturated: ({ durationMs }) => line.saturated(durationMs, serverCpuUs),
  profiled: ({ durationMs }) => line.saturated(durationMs, serverCpuUs),
  paced: ({ durationMs, perSecond }) => line.paced(durationMs, perSecond, serverCpuUs),
});
