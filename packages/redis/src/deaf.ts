import type { Process } from './process.ts';

/**
 * Finds processes that are gone before their lease is over. A process that lives listens to a channel
 * of its own, and Redis knows at once when a connection is closed, as a process that is killed has
 * its own closed.
 *
 * Not in a cluster: there each node knows its own listeners only, and the lease decides.
 *
 * @see https://redis.io/docs/latest/commands/pubsub-numsub/
 */
export class Deaf {
  readonly #process: Process;
  /** Who did not listen when this was last asked: it may have been about to connect again. */
  #suspects = new Set<string>();

  constructor(process: Process) {
    this.#process = process;
  }

  /** Those of the processes that do not listen, and did not the last time either. */
  async among(processes: readonly string[]): Promise<Set<string>> {
    const { link, keys, id } = this.#process;
    const others = [...new Set(processes)].filter((other) => other !== id);
    const channels = others.map((other) => `${keys.processChannels}${other}`);
    const counts = await link.send(async (client) =>
      channels.length === 0 || 'nodes' in client ? null : client.pubsub('NUMSUB', ...channels),
    );
    // Pairs of a channel and its listeners.
    const deaf = counts === null ? [] : others.filter((_, i) => Number(counts[2 * i + 1]) === 0);
    const sure = deaf.filter((other) => this.#suspects.has(other));
    this.#suspects = new Set(deaf);
    return new Set(sure);
  }
}
