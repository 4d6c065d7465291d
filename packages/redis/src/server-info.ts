import type { Client } from './client.ts';

/** What a server says of itself. */
export interface ServerInfo {
  /** For how long it has been running, in milliseconds; of a cluster's masters, the last one. */
  uptimeMs: number;
  /** Whether it is a node of a cluster. */
  isClustered: boolean;
}

/** Asks what the other side is. Where that may not be asked: a single server that began just now. */
export async function serverInfo(client: Client): Promise<ServerInfo> {
  const nodes = 'nodes' in client ? client.nodes('master') : [client];
  try {
    const infos = await Promise.all(nodes.map((node) => node.info('server')));
    const seconds = infos.map((info) => Number(/^uptime_in_seconds:(\d+)/m.exec(info)?.[1] ?? 0));
    return {
      uptimeMs: 1_000 * Math.min(...seconds),
      isClustered: infos.some((info) => /^redis_mode:cluster/m.test(info)),
    };
  } catch {
    return { uptimeMs: 0, isClustered: false };
  }
}
