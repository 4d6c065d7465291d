import type { Redis } from 'ioredis';
import type { Client } from './client.ts';

/** What a server says of itself. */
export interface ServerInfo {
  /** For how long it has been running, in milliseconds; of a cluster's masters, the last one. */
  uptimeMs: number;
  /** Whether it is a node of a cluster. */
  isClustered: boolean;
  /** How a server makes room that has a limit to its memory; `null` where none does. */
  evicts: string | null;
}

/** Asks what the other side is. Where that may not be asked: a single server that began just now. */
export async function serverInfo(client: Client): Promise<ServerInfo> {
  const nodes = 'nodes' in client ? client.nodes('master') : [client];
  try {
    const infos = await Promise.all(nodes.map(infoOf));
    const seconds = infos.map((info) => Number(/^uptime_in_seconds:(\d+)/m.exec(info)?.[1] ?? 0));
    return {
      uptimeMs: 1_000 * Math.min(...seconds),
      // Redis's word, and Valkey's.
      isClustered: infos.some((info) => /^(?:redis|server)_mode:cluster/m.test(info)),
      evicts: infos.map(evictionOf).find((policy) => policy !== null) ?? null,
    };
  } catch {
    return { uptimeMs: 0, isClustered: false, evicts: null };
  }
}

async function infoOf(node: Pick<Redis, 'info'>): Promise<string> {
  return (await Promise.all([node.info('server'), node.info('memory')])).join('\n');
}

/** @see https://redis.io/docs/latest/develop/reference/eviction/ */
function evictionOf(info: string): string | null {
  const hasLimit = /^maxmemory:[1-9]/m.test(info);
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'noeviction';
  return hasLimit && policy !== 'noeviction' ? policy : null;
}
