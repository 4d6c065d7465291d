import {
  type KeyedLists,
  type KeyedValues,
  type Lock,
  type LockOptions,
  type Signals,
  type Store,
  type StoredTurns,
} from '@trunkline/core';
import { createClient, type Client } from './client.ts';
import { mayEvict, needsCluster, partitionsDiffer } from './errors.ts';
import { Keys } from './keys.ts';
import { Link } from './link.ts';
import { RedisLists } from './lists.ts';
import { Living } from './living.ts';
import { Locks } from './locks.ts';
import { News } from './news.ts';
import { settingsOf, type RedisStoreOptions, type Settings } from './options.ts';
import { Damage } from './damage.ts';
import { newProcess, type Process } from './process.ts';
import { Script } from './script.ts';
import { steadyClock } from './steady-clock.ts';
import { RedisTurns } from './turns.ts';
import { toRedis } from './text.ts';
import { serverInfo } from './server-info.ts';
import { RedisValues } from './values.ts';
import { Watch } from './watch.ts';

/**
 * A store in Redis or Valkey, for any number of server processes. What was stored survives all of
 * them; whether it survives Redis is Redis's to say: see the README on `appendfsync`.
 *
 * It connects when it is first used.
 */
export class RedisStore implements Store {
  /** {@inheritDoc @trunkline/core#Store.name} */
  readonly name = 'redis';
  /** {@inheritDoc @trunkline/core#Store.durable} */
  readonly durable = true;
  /** {@inheritDoc @trunkline/core#Store.shared} */
  readonly shared = true;
  /** {@inheritDoc @trunkline/core#Store.values} */
  readonly values: KeyedValues;
  /** {@inheritDoc @trunkline/core#Store.lists} */
  readonly lists: KeyedLists;
  /** {@inheritDoc @trunkline/core#Store.turns} */
  readonly turns: StoredTurns;
  /** {@inheritDoc @trunkline/core#Store.signals} */
  readonly signals: Signals;

  readonly #settings: Settings;
  readonly #process: Process;
  readonly #locks: Locks;
  readonly #living: Living;
  readonly #watch: Watch;
  readonly #news: News;
  #graceMs = 0;
  #wasUp = false;
  #hasWarned = false;

  /** @throws ConfigurationError - an option is missing or wrong. Not if Redis cannot be reached. */
  constructor(options: RedisStoreOptions) {
    this.#settings = settingsOf(options);
    const { prefix, partitions, timing, warn } = this.#settings;
    const clock = steadyClock;
    const { limitMs } = timing;
    const link = new Link(createClient(this.#settings), {
      clock,
      limitMs,
      prepare: (client) => this.#prepare(client),
      onUp: (awayMs) => this.#isUp(awayMs),
    });
    const keys = new Keys(prefix, partitions);
    const process = newProcess({ link, keys, timing, clock, damage: new Damage(warn) });
    this.#process = process;
    this.#living = new Living(process, {
      onPresent: () => this.#news.start(),
      onBeat: () => this.#news.ping(),
    });
    this.#locks = new Locks(process, this.#living, {
      onWaiting: () => this.#watch.wake(),
      onLeftBehind: (conversation) => this.#watch.leftBehind(conversation),
    });
    this.#living.serve(this.#locks);
    this.#watch = new Watch(process, () => this.#locks.hasWaiters);
    this.#news = new News({
      client: createClient(this.#settings),
      clock,
      limitMs,
      process,
      onGiven: (key, ticket, fence) => this.#locks.given(key, ticket, fence),
      onUp: () => this.#living.beat(),
    });
    this.values = new RedisValues(process);
    this.lists = new RedisLists(process);
    this.turns = new RedisTurns(process, {
      living: this.#living,
      locks: this.#locks,
      watch: this.#watch,
    });
    this.signals = this.#news;
  }

  /** {@inheritDoc @trunkline/core#Store.lock} */
  lock(key: string, options?: LockOptions): Promise<Lock> {
    return this.#locks.take(toRedis(key), options);
  }

  /** {@inheritDoc @trunkline/core#Store.ready} */
  async ready(): Promise<void> {
    const isUp = this.#process.link.send((client) => client.ping(), { isCheck: true });
    await Promise.all([isUp, this.#news.ready()]);
  }

  /** {@inheritDoc @trunkline/core#Store.close} */
  async close(): Promise<void> {
    this.#watch.close();
    const { link } = this.#process;
    try {
      // Others need not wait for the lease to run out. If Redis is away, they have to.
      if (link.isUp) await Promise.all([this.#locks.close(), this.#living.part()]);
    } catch {
    } finally {
      this.#news.close();
      link.close();
    }
  }

  /** Makes sure, on each new connection, that this process and the others mean the same keys. */
  async #prepare(client: Client): Promise<void> {
    const { keys } = this.#process;
    const { uptimeMs, isClustered, evicts } = await serverInfo(client);
    const { where } = this.#process.link;
    if (isClustered && !('nodes' in client)) throw needsCluster(where);
    // A client whose database is not there goes on in the first one, which may be somebody else's.
    if (!('nodes' in client)) await client.select(client.options.db ?? 0);
    if (evicts !== null && !this.#hasWarned) {
      this.#hasWarned = true;
      this.#settings.warn(mayEvict(where, evicts));
    }
    await Promise.all([Script.load(client), client.setnx(keys.partitionsKey, keys.partitions)]);
    const partitions = await client.get(keys.partitionsKey);
    if (partitions !== String(keys.partitions)) {
      throw partitionsDiffer(keys.partitions, partitions ?? 'not to be found');
    }
    const { graceMs } = this.#settings.timing;
    this.#graceMs = this.#wasUp ? graceMs : Math.max(0, graceMs - uptimeMs);
    this.#wasUp = true;
  }

  #isUp(awayMs: number): void {
    const { leaseMs, beatMs, graceMs } = this.#settings.timing;
    this.#living.beat();
    // Who lived when Redis last answered has a lease that is longer than the grace, if that is not long
    // ago. A connection that breaks again and again must not keep us from looking after the dead.
    const isShort = awayMs < leaseMs - beatMs - graceMs;
    this.#watch.isUp(isShort ? 0 : this.#graceMs);
  }
}
