import { within } from '../clock.ts';
import { OverloadedError, StoreError } from '../errors.ts';
import { isPromise, settle, whenThere, type MaybePromise } from '../maybe-promise.ts';
import type { UserMessage } from '../message/user-message.ts';
import type { Added } from '../store/contract.ts';
import { overloaded } from './admission.ts';
import type { DeferredContext } from './deferred-context.ts';
import { OPEN_MENU } from './menus.ts';
import { OverlappingTurns } from './overlapping-turns.ts';
import { isLost, isPassing } from './patience.ts';
import { queueOf } from './queue-of.ts';
import type { ReadTurn } from './read-turn.ts';
import type { Place } from './place.ts';
import type { Work } from './schedule.ts';
import { Starts } from './starts.ts';
import { encodeMessage, type Post, type StoredMessage } from './stored-message.ts';
import { waitingTurns } from './waiting-turns.ts';

/** What became of a message that a channel wants to hand over. */
export type Acceptance = 'accepted' | 'duplicate' | 'refused';

/** How long the store may take for a message that costs it two calls, in milliseconds: within the 2 s of one. */
const ACCEPT_MS = 1_900;

/** How a place is waited for: a slot is taken when there is something to do. */
const WAITING = { maxWaitMs: null, takesSlot: false };

/**
 * Deferred turns: taken over, and handled one after the other by whoever holds the conversation's
 * lock. Each message takes a ticket for the lock when it arrives, and each ticket handles the turns
 * up to its own; so a ticket that was lost in a crash is missed by nobody.
 */
export class DeferredTurns {
  readonly #context: DeferredContext;
  readonly #overlapping: OverlappingTurns;
  readonly #starts: Starts;
  #hasWarned = false;

  constructor(context: DeferredContext) {
    this.#context = context;
    this.#overlapping = new OverlappingTurns(context);
    this.#starts = new Starts(context.clock);
  }

  /** Takes a message over. Everything up to the ticket happens before this returns. */
  accept(channel: string, key: string, message: UserMessage): MaybePromise<Acceptance> {
    const { clock, schedule, overlap, menus } = this.#context;
    // Made ahead of anything else: a channel that cannot answer must not take messages over.
    const output = this.#context.outputFor(channel, message.address ?? {});
    const id = `${channel}:${message.messageId}`;
    const mode = overlap.modeOf(channel);
    let work: Work;
    try {
      work = schedule.enter(channel, queueOf(mode, key, id), 'deferred');
    } catch (error) {
      if (error instanceof OverloadedError) return 'refused';
      throw error;
    }
    const isApart = work.key !== key;
    const stored: Omit<StoredMessage, 'message'> = { channel, key, at: clock.now() };
    // What a quiet moment is waited for does not start at once.
    if (work.isAlone && mode !== 'debounce') stored.startsAtOnce = true;
    const isStampedHere = output.numbersChoices && isApart;
    const encode = (): MaybePromise<string> => {
      if (!isStampedHere) return encodeMessage(stored, message);
      return whenThere(menus.stamp(key), (stamp) => encodeMessage({ stamp, ...stored }, message));
    };
    const stampOf = output.numbersChoices && !isApart ? OPEN_MENU : undefined;
    const asked = this.#take(work, id, encode, stampOf);
    // Two calls, each of which may take as long as the platform waits.
    const taken =
      isStampedHere && isPromise(asked) ? within(clock, ACCEPT_MS, asked, storeIsSlow) : asked;
    if (mode !== 'latest') return taken;
    return whenThere(taken, (acceptance) => {
      // A duplicate, too: where the store's first answer was lost, nothing was ended then.
      if (acceptance !== 'refused') this.#supersede(key);
      return acceptance;
    });
  }

  /**
   * Takes over what no message of the user's began, at the end of its conversation.
   *
   * @throws OverloadedError - it is over a limit.
   */
  async post({ id, progress, message, ...place }: Post): Promise<'accepted' | 'duplicate'> {
    const { clock, schedule, overlap } = this.#context;
    const { channel, key } = place;
    const conversation = queueOf(overlap.modeOf(channel), key, id);
    const work = schedule.enter(channel, conversation, 'deferred');
    const stored = { channel, key, at: clock.now(), progress };
    const acceptance = await this.#take(work, id, () => encodeMessage(stored, message));
    if (acceptance === 'refused') throw overloaded(channel, 'queue_full', 1000);
    return acceptance;
  }

  /** Stores a turn. Its ticket is taken before this returns. */
  #take(
    work: Work,
    id: string,
    encode: () => MaybePromise<string>,
    stampOf?: string,
  ): MaybePromise<Acceptance> {
    const { store, policy, limits } = this.#context;
    this.#warnOnce(work.channel);
    // The ticket comes first: the message has its place while the store is asked whether it is new.
    const begun = this.#begin(work);
    const how = { markTtlMs: policy.markTtlMs, maxTurns: limits.maxQueued + 1, stampOf };
    return settle(
      () =>
        whenThere(encode(), (message) =>
          store.turns.add({ conversation: work.key, id, message }, how),
        ),
      (added) => this.#taken(work, begun, id, added),
      (error) => {
        this.#giveUp(work, begun);
        throw error;
      },
    );
  }

  #taken(work: Work, begun: MaybePromise<Place>, id: string, added: Added): Acceptance {
    if (added === 'finished' || added === 'full') {
      this.#giveUp(work, begun);
      return added === 'full' ? 'refused' : 'duplicate';
    }
    // Not before whoever handed it over has answered the platform: the assistant may take its time.
    const isNew = added === 'added';
    this.#starts.soon(() => void this.#drain(work, begun, { last: id, isNew }));
    return added === 'added' ? 'accepted' : 'duplicate';
  }

  /** Handles what an earlier process, or one that died, has left in a conversation. */
  recover(conversation: string): void {
    this.#wake(conversation, null);
  }

  /** Puts a turn back into its queue that was given up. Resolves to whether it was there. */
  async replay(letterId: string): Promise<boolean> {
    const { store, deadLetters } = this.#context;
    const turn = await deadLetters.putBack(letterId, store.turns);
    if (turn === null) return false;
    this.#wake(turn.conversation, turn.id);
    return await deadLetters.discard(letterId);
  }

  /** A newer message has come in elsewhere: what runs here from before it is ended. */
  supersededElsewhere(key: string): void {
    void this.#overlapping.supersede(key);
  }

  /** A newer message takes the place of what runs, wherever that is. */
  #supersede(key: string): void {
    this.#context.store.signals.send(SUPERSEDE, { key, live: null });
    void this.#overlapping.supersede(key);
  }

  #wake(conversation: string, last: string | null): void {
    const { schedule } = this.#context;
    let work: Work;
    try {
      work = schedule.enter('', conversation, 'recovered');
    } catch {
      // The process shuts down; the next one finds the turns.
      return;
    }
    void this.#drain(work, this.#begin(work), { last, isNew: false });
  }

  /** Takes a ticket. It may fail before anybody looks. */
  #begin(work: Work): MaybePromise<Place> {
    const begun = this.#context.schedule.begin(work, WAITING);
    if (isPromise(begun)) begun.catch(() => {});
    return begun;
  }

  /** A ticket that nobody needs. */
  #giveUp(work: Work, begun: MaybePromise<Place>): void {
    void settle(
      () => begun,
      (place) => place.release(),
      () => this.#context.schedule.leave(work),
    );
  }

  /** Handles the turns of a conversation that a ticket stands for. Never rejects. */
  async #drain(work: Work, begun: MaybePromise<Place>, { last, isNew }: Ticket): Promise<void> {
    const { telemetry } = this.#context;
    let place: Place | null = null;
    try {
      // What comes in from now on has tickets of its own, which live messages may stand between.
      const there = last === null ? waitingTurns(this.#context, work) : [];
      if (isPromise(there)) there.catch(() => {});
      place = isPromise(begun) ? await this.#placeOf(work, begun) : begun;
      const until = last ?? (await there).at(-1)?.id ?? null;
      while (until !== null && work.abort.reason === null) {
        const found = this.#head(work, until, isNew);
        const head = isPromise(found) ? await found : found;
        const done = head === null ? null : await this.#overlapping.handle(place, work, head);
        if (done === null || done.includes(until)) break;
      }
    } catch (error) {
      const isExpected = isLost(error) || work.abort.isReason(error);
      if (!isExpected) telemetry.error(error, { channel: work.channel || null, stage: 'store' });
    } finally {
      if (place === null) this.#giveUp(work, begun);
      else place.release();
    }
  }

  /** The place of a ticket, or of another one where the store lost it. */
  async #placeOf(work: Work, begun: Promise<Place>): Promise<Place> {
    const { schedule, patience } = this.#context;
    try {
      return await begun;
    } catch (error) {
      if (!isPassing(error)) throw error;
      return await patience.with(work.abort, work.channel, () => schedule.begin(work, WAITING));
    }
  }

  /** The turn that is handled next, up to `until`; `null` where there is none. */
  #head(work: Work, until: string, isNew: boolean): MaybePromise<ReadTurn | null> {
    return whenThere(waitingTurns(this.#context, work, 1, isNew ? until : null), ([head]) => {
      if (head === undefined || head.id === until) return head ?? null;
      // It may be that somebody has handled it already, and what is there belongs to later tickets.
      const isThere = (all: ReadTurn[]): boolean => all.some(({ id }) => id === until);
      return whenThere(waitingTurns(this.#context, work), (all) => (isThere(all) ? head : null));
    });
  }

  #warnOnce(channel: string): void {
    const { store, telemetry } = this.#context;
    if (store.durable || this.#hasWarned) return;
    this.#hasWarned = true;
    telemetry.logger.warn(
      { channel, store: store.name },
      'deferred turns are kept in memory and are lost when this process ends: give the line a store, new SqliteStore({ file }) say',
    );
  }
}

function storeIsSlow(): StoreError {
  return new StoreError(`the store has not taken the message within ${ACCEPT_MS} ms`);
}

/** What a ticket stands for. */
interface Ticket {
  /** The turn that is the last one to handle; `null` for those that were left. */
  last: string | null;
  /** Whether that one was taken over for this very ticket. */
  isNew: boolean;
}

/** The topic of the news that a newer message has come in. */
export const SUPERSEDE = 'trunkline:supersede';
