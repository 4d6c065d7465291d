import type { Process } from './process.ts';

/** A process that counts as living: its name, and when its lease ends. */
export type Living = readonly [id: string, till: number];

/**
 * Finds processes that are gone before their lease is over. A process that lives listens to a channel
 * of its own, and Redis knows at once when a connection is closed, as a process that is killed has
 * its own closed. One that is only slow to connect again goes on to renew its lease.
 *
 * Not in a cluster: there each node knows its own listeners only, and the lease decides.
 *
 * @see https://redis.io/docs/latest/commands/pubsub-numsub/
 */
export class Deaf {
  readonly #process: Process;
  /** Who did not listen when this was last asked: when its lease was to end, and since when. */
  #suspects = new Map<string, { till: number; since: number }>();

  constructor(process: Process) {
    this.#process = process;
  }

  /**
   * Those of the processes that do not listen, did not the last time, and were not heard of since, for
   * longer than a beat.
   */
  async among(processes: readonly Living[]): Promise<Set<string>> {
    const { link, keys, id, clock, timing } = this.#process;
    const leases = new Map<string, number>();
    for (const [other, till] of processes) {
      if (other !== id) leases.set(other, Math.max(till, leases.get(other) ?? 0));
    }
    const others = [...leases.keys()];
    const channels = others.map((other) => `${keys.processChannels}${other}`);
    const counts = await link.send(async (client) =>
      channels.length === 0 || 'nodes' in client ? null : client.pubsub('NUMSUB', ...channels),
    );
    // Pairs of a channel and its listeners.
    const deaf = counts === null ? [] : others.filter((_, i) => Number(counts[2 * i + 1]) === 0);
    const now = clock.now();
    const before = this.#suspects;
    this.#suspects = new Map();
    for (const other of deaf) {
      const till = leases.get(other) ?? 0;
      const known = before.get(other);
      const isSilent = known !== undefined && known.till >= till;
      this.#suspects.set(other, isSilent ? known : { till, since: now });
    }
    const isSure = (other: string): boolean =>
      now - (this.#suspects.get(other)?.since ?? now) > timing.beatMs;
    return new Set(deaf.filter(isSure));
  }
}
