import type { Clock } from '../clock.ts';
import type { AbortReason } from '../errors.ts';
import { promised } from '../maybe-promise.ts';
import type { TurnAbort } from './abort.ts';
import type { TurnLimits } from './limits.ts';
import type { Place } from './place.ts';
import type { Proactive } from './progress.ts';

/** A turn that runs in this process. */
export interface RunningTurn {
  /** The conversation's key. */
  key: string;
  /** The stored turn's id; `null` for a live one. */
  id: string | null;
  abort: TurnAbort;
  startedAt: number;
  /** What began it, if it was no message of the user's. */
  proactive?: Proactive | undefined;
  /** Whether an event began it. */
  isEvent?: boolean;
}

/**
 * Whether a turn may be ended for a reason. A user who writes, or who stops an answer, does not mean
 * what somebody else has sent, and does not take back what has happened.
 */
function mayEnd({ proactive, isEvent }: RunningTurn, reason: AbortReason): boolean {
  const isUsers = isEvent !== true && proactive !== 'response';
  if (reason === 'superseded') return isUsers && proactive !== 'intent';
  if (reason === 'cancelled') return isUsers;
  return true;
}

/** The turns that run in this process: each within its deadline, and to be ended from outside. */
export class Running {
  readonly #clock: Clock;
  readonly #limits: Required<TurnLimits>;
  readonly #turns = new Map<string, RunningTurn[]>();

  constructor(clock: Clock, limits: Required<TurnLimits>) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** What runs in a conversation. */
  in(key: string): readonly RunningTurn[] {
    return [...(this.#turns.get(key) ?? [])];
  }

  /** What runs in a conversation and gives way to a newer message. */
  supersedable(key: string): readonly RunningTurn[] {
    return this.in(key).filter((turn) => mayEnd(turn, 'superseded'));
  }

  /** Ends what runs in a conversation. Returns whether there was something. */
  abort(key: string, reason: AbortReason): boolean {
    const turns = this.in(key).filter((turn) => turn.abort.reason === null && mayEnd(turn, reason));
    for (const { abort } of turns) abort.abort(reason);
    return turns.length > 0;
  }

  /** Ends everything: the process shuts down. */
  abortAll(): void {
    for (const key of this.#turns.keys()) this.abort(key, 'shutdown');
  }

  /** Adds a turn. Returns what takes it out again. */
  add(turn: Omit<RunningTurn, 'startedAt'>): () => void {
    const added = { startedAt: this.#clock.now(), ...turn };
    const turns = this.#turns.get(turn.key);
    if (turns === undefined) this.#turns.set(turn.key, [added]);
    else turns.push(added);
    return () => this.#remove(added);
  }

  #remove(turn: RunningTurn): void {
    const turns = this.#turns.get(turn.key);
    const index = turns?.indexOf(turn) ?? -1;
    if (turns === undefined || index === -1) return;
    // Out of the list as well: the map may hold on to the list for a while, see `Crowd`.
    turns.splice(index, 1);
    if (turns.length === 0) this.#turns.delete(turn.key);
  }

  /**
   * Does the job of a turn within the deadline. Rejects at once when the turn is ended; its place is
   * then kept until the job has ended as well, or a grace is over.
   */
  run<T>(place: Place, abort: TurnAbort, job: () => Promise<T>): Promise<T> {
    const { deadlineMs } = this.#limits;
    const onDeadline = (): void => {
      // What waits for the store is not the assistant's delay.
      if (abort.stalls > 0) stopDeadline = this.#clock.after(deadlineMs, onDeadline);
      else abort.abort('deadline');
    };
    let stopDeadline = this.#clock.after(deadlineMs, onDeadline);
    const work = promised(job);
    return abort.race(work).then(
      (value) => {
        stopDeadline();
        return value;
      },
      (error: unknown) => {
        stopDeadline();
        if (abort.isReason(error)) place.linger(this.#orAfterGrace(work));
        throw error;
      },
    );
  }

  #orAfterGrace(work: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(this.#limits.abortGraceMs, resolve);
      work
        .catch(() => {})
        .finally(() => {
          cancel();
          resolve();
        });
    });
  }
}
