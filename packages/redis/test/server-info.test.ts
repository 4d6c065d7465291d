import { expect, it } from 'vitest';
import type { Client } from '../src/client.ts';
import { serverInfo } from '../src/server-info.ts';

/** What servers answer to `INFO server` and `INFO memory`, as far as it matters. */
const REDIS_7 = 'redis_version:7.0.15\r\nredis_mode:cluster\r\nuptime_in_seconds:7\r\nmaxmemory:0';
const VALKEY_8 =
  'redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.1\r\n' +
  'server_mode:cluster\r\nuptime_in_seconds:7\r\nmaxmemory:100\r\nmaxmemory_policy:allkeys-lru';

/** A stand-in for a Valkey, which this machine may not have. It only says what one said. */
function serverThatSays(text: string): Client {
  return { info: () => Promise.resolve(text) } as unknown as Client;
}

it('knows a node of a cluster by the words of Redis', async () => {
  const info = await serverInfo(serverThatSays(REDIS_7));
  expect(info).toEqual({ uptimeMs: 7_000, isClustered: true, evicts: null });
});

it('knows a node of a cluster by the words of Valkey', async () => {
  // Valkey calls its mode otherwise, and its nodes were taken for single servers.
  const info = await serverInfo(serverThatSays(VALKEY_8));
  expect(info).toEqual({ uptimeMs: 7_000, isClustered: true, evicts: 'allkeys-lru' });
});
