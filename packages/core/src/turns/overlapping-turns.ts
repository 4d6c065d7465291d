import type { MaybePromise } from '../maybe-promise.ts';
import type { DeferredContext } from './deferred-context.ts';
import { DeferredTurn } from './deferred-turn.ts';
import type { Place } from './place.ts';
import { quietBatch } from './quiet-batch.ts';
import { readTurn, type ReadTurn } from './read-turn.ts';
import type { Work } from './schedule.ts';
import { waitingTurns } from './waiting-turns.ts';

/** What the channel's overlap makes of the head of a queue, and of what stands behind it. */
export class OverlappingTurns {
  readonly #context: DeferredContext;

  constructor(context: DeferredContext) {
    this.#context = context;
  }

  /** Handles the head of the queue. Resolves to the ids that are done; `null` to stop. */
  handle(place: Place, work: Work, head: ReadTurn): Promise<string[] | null> {
    const mode = this.#context.overlap.modeOf(head.stored.channel);
    if (mode === 'latest') return this.#handleLatest(place, work, head);
    // What an earlier run has joined stays so, also where the mode was another one then.
    const isBatch = mode === 'debounce' || head.progress.joined !== undefined;
    if (isBatch) return this.#handleBatch(place, work, head);
    return this.#go(new DeferredTurn(this.#context, place, work, [head]));
  }

  /** Handles the head unless there is a newer one: then what is before that one is ended. */
  async #handleLatest(place: Place, work: Work, head: ReadTurn): Promise<string[] | null> {
    const all = await waitingTurns(this.#context, work);
    const newest = newestOf(all);
    const before = newest === undefined ? [] : all.slice(0, all.indexOf(newest));
    const older = apart(before).filter(
      ({ progress }) => progress.proactive === undefined && progress.died === undefined,
    );
    for (const found of older) {
      // Of the head, more is known than the store tells.
      const turn = found.id === head.id ? head : found;
      await new DeferredTurn(this.#context, place, work, withJoined(turn, all)).supersede();
    }
    if (older.length > 0) return older.flatMap((turn) => withJoined(turn, all)).map(({ id }) => id);
    const end = this.#go(new DeferredTurn(this.#context, place, work, withJoined(head, all)));
    // A newer one may have come in before this one was known to run.
    void this.supersede(head.stored.key);
    return await end;
  }

  /** Handles the head, and those that become one with it. */
  async #handleBatch(place: Place, work: Work, head: ReadTurn): Promise<string[] | null> {
    const batch = await this.#batch(work, head);
    return await this.#go(new DeferredTurn(this.#context, place, work, [head, ...batch.slice(1)]));
  }

  #go(turn: DeferredTurn): Promise<string[] | null> {
    return turn.go().then((end) => (end === 'finished' ? turn.ids : null));
  }

  /** The turns that become one with the head of the queue. */
  async #batch(work: Work, head: ReadTurn): Promise<ReadTurn[]> {
    const { clock, overlap } = this.#context;
    const { joined, runs } = head.progress;
    // A second run is of the same messages as the first.
    if (joined !== undefined) return withJoined(head, await waitingTurns(this.#context, work));
    if (runs > 0) return [head];
    const { signal } = work.abort;
    const waiting = (): MaybePromise<ReadTurn[]> => waitingTurns(this.#context, work);
    return await quietBatch({ clock, windowMs: overlap.debounceMs, signal, waiting });
  }

  /** Ends what runs here in a conversation and has a newer message behind it. */
  async supersede(key: string): Promise<void> {
    const { store, schedule, clock } = this.#context;
    const running = schedule.running.supersedable(key);
    if (running.length === 0) return;
    try {
      const waiting = await store.turns.waiting(key, Number.MAX_SAFE_INTEGER);
      const newest = newestOf(waiting.map((turn) => readTurn(turn, { clock })));
      if (newest === undefined) return;
      for (const { id, abort, startedAt } of running) {
        // The news may be late: a live message that came in after it is newer.
        const isOlder = id === null ? startedAt < newest.stored.at : id !== newest.id;
        if (isOlder) abort.abort('superseded');
      }
    } catch {
      // It is queued then, and takes its place when its turn comes.
    }
  }
}

/** The newest message of a queue: what is replayed is old, or was given up, takes nobody's place. */
function newestOf(turns: readonly ReadTurn[]): ReadTurn | undefined {
  return apart(turns).findLast(
    ({ stored, progress }) => stored.progress === undefined && progress.died === undefined,
  );
}

/** The turns that are turns of their own, and not part of an earlier one. */
function apart(turns: readonly ReadTurn[]): ReadTurn[] {
  const joined = new Set(turns.flatMap(({ progress }) => progress.joined ?? []));
  return turns.filter(({ id }) => !joined.has(id));
}

/** A turn, and those of its conversation that an earlier run of it has joined to it. */
function withJoined(turn: ReadTurn, all: readonly ReadTurn[]): [ReadTurn, ...ReadTurn[]] {
  const { joined = [] } = turn.progress;
  return [turn, ...all.filter(({ id }) => joined.includes(id))];
}
