import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Client } from './client.ts';

/** Every script there is, so that a connection can load them all. */
const scripts: Script[] = [];

/**
 * A script that runs in Redis as one step.
 *
 * @see https://redis.io/docs/latest/develop/programmability/eval-intro/
 */
export class Script {
  readonly #text: string;
  readonly #sha: string;

  /** @param parts - Lua: functions that scripts share, then the script. */
  constructor(...parts: string[]) {
    this.#text = parts.join('\n');
    this.#sha = createHash('sha1').update(this.#text).digest('hex');
    scripts.push(this);
  }

  /**
   * Loads every script. Commands that go out one after the other are done in this order only where
   * Redis knows their scripts.
   */
  static async load(client: Client): Promise<void> {
    const load = (node: Redis): Promise<unknown>[] =>
      scripts.map((script) => node.script('LOAD', script.#text));
    // One node that is down keeps nobody from the others: what it misses goes with the commands.
    if ('nodes' in client) await Promise.allSettled(client.nodes('master').flatMap(load));
    else await Promise.all(load(client));
  }

  /** Runs it. What it returns is what its Lua says; the caller knows. */
  async run(
    client: Client,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    try {
      return await client.evalsha(this.#sha, keys.length, ...keys, ...args);
    } catch (error) {
      // Somebody emptied Redis's memory of scripts, or another node has become the master.
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return await client.eval(this.#text, keys.length, ...keys, ...args);
    }
  }
}
