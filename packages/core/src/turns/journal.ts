import type { DeliveryStep, Receipt } from '../channel/delivery.ts';
import type { Clock } from '../clock.ts';
import { DeliveryError, toError } from '../errors.ts';
import { isPromise, whenThere, type MaybePromise } from '../maybe-promise.ts';
import type { TurnAbort } from './abort.ts';
import type { DeliveryOptions } from './delivery-options.ts';
import { failureOf, type SendFailure } from './failure.ts';
import { JournalStream } from './journal-stream.ts';
import { OpenStreams } from './open-streams.ts';
import type { Pending, Progress, Step } from './progress.ts';
import { Retries } from './retries.ts';
import {
  NO_RECEIPTS,
  type CloseStream,
  type StreamDelivery,
  type TurnDelivery,
} from './turn-delivery.ts';

/** Where the progress of a turn is stored. */
interface ProgressRecord {
  /** Stores it. */
  save(): MaybePromise<void>;
  /** Stores it with whatever is stored next, and in a moment where nothing is. */
  saveSoon(): void;
  /** Stores what is to be stored soon. */
  catchUp(): MaybePromise<void>;
}

/** What a {@link Journal} works with. */
export interface JournalOptions {
  /** The same in every run of the turn: the stem of the steps' keys. */
  turnId: string;
  /** When the turn was taken over, in milliseconds since 1970. */
  since: number;
  /** How far the turn has come. The journal goes on writing it. */
  progress: Progress;
  /** Where the progress is stored. */
  record: ProgressRecord;
  /** Whether answers are stored before anybody goes on, and not with the step after them. */
  isCareful: boolean;
  /** Told of what has failed and keeps nothing from being said. */
  onFailed: (error: unknown) => void;
  policy: Required<DeliveryOptions>;
  clock: Clock;
  abort: TurnAbort;
  /** The step that this begins with. @defaultValue 0 */
  from?: number;
  /** The steps that the turn had when it was replayed. @defaultValue none: it was not */
  replayed?: readonly (Step | null)[];
}

/** A `send…` call under way, whose place goes to the first step within it. */
interface OpenCall {
  index: number;
  isTaken: boolean;
}

/**
 * Whether a channel's methods make their requests without `deliver`, as far as was seen. A method
 * that was never seen is called without being written down before: nothing tells yet whether it or
 * something within it is the step.
 */
const isLeaf = new WeakMap<object, boolean>();

/**
 * The delivery of a deferred turn: writes down each step before it is made and after it was
 * answered, so that another run of the turn makes none of them again. See docs/delivery.md.
 */
export class Journal implements TurnDelivery {
  isRepeated = false;

  readonly #options: JournalOptions;
  readonly #retries: Retries;
  readonly #openStreams: OpenStreams;
  readonly #begunHere: boolean[] = [];
  #next: number;
  #openCall: OpenCall | null = null;
  #stream: JournalStream | null = null;
  #asides = 0;
  #isAside = false;
  #receipts: Receipt[] = [];

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#retries = new Retries(options);
    this.#openStreams = new OpenStreams(options.progress.steps);
    this.#next = options.from ?? 0;
  }

  /** Why the turn has to wait; `null` while everything could be sent. */
  get parked(): SendFailure | null {
    return this.#retries.parked;
  }

  get isParked(): boolean {
    return this.parked !== null;
  }

  /** The step that comes next. */
  get next(): number {
    return this.#next;
  }

  deliver<P>({ payload, send, wasSent }: DeliveryStep<P>): Promise<Receipt> {
    if (this.#stream !== null) return this.#stream.request((key) => send(payload, key));
    if (this.#isAside) return send(payload, `${this.#options.turnId}.${++this.#asides}`);
    const index = this.#take();
    const key = this.#keyOf(index);
    return this.#step(index, 'request', {
      send: () => send(payload, key),
      wasSent: wasSent && (() => wasSent(key, this.#options.since)),
    });
  }

  call(method: object, send: () => Promise<void>): Promise<void> {
    if (this.#stream !== null || this.#isAside) return send();
    const call: OpenCall = { index: this.#take(), isTaken: false };
    const outer = this.#openCall;
    this.#openCall = call;
    return this.#within(call, method, send).then(
      () => void (this.#openCall = outer),
      (error: unknown) => {
        this.#openCall = outer;
        throw error;
      },
    );
  }

  #within(call: OpenCall, method: object, send: () => Promise<void>): Promise<void> {
    const known = this.#knownOf(call.index);
    if (known !== null && known.kind !== 'call') return send();
    if (known === null && isLeaf.get(method) === false) {
      // What it does is in steps of its own.
      const noteLeaf = (): unknown => call.isTaken || isLeaf.set(method, true);
      return send().then(() => void noteLeaf());
    }
    const step = this.#step(call.index, 'call', {
      send: () =>
        send().then(() => {
          isLeaf.set(method, !call.isTaken);
          return {};
        }),
      isOurs: () => !call.isTaken,
      isBegunFirst: isLeaf.get(method) === true,
    });
    return step.then(() => undefined);
  }

  say(pending: Pending, send: () => Promise<void>): Promise<'sent' | 'pending'> {
    const from = this.#next;
    if (this.parked !== null) return this.#keep(pending, from);
    return send().then(
      () => {
        if (this.parked !== null) return this.#keep(pending, from);
        this.isRepeated = this.#wasDone(from);
        return 'sent';
      },
      (error: unknown) => {
        if (this.parked === null) throw error;
        return this.#keep(pending, from);
      },
    );
  }

  /** Keeps a response that could not be sent, as the steps from `from` on. */
  async #keep(pending: Pending, from: number): Promise<'pending'> {
    const { progress, record } = this.#options;
    if (progress.pending.length === 0) progress.pendingFrom = from;
    progress.pending.push(pending);
    await record.save();
    return 'pending';
  }

  /** Whether the steps from `from` on, up to the next one, were done before the turn was replayed. */
  #wasDone(from: number): boolean {
    const { replayed = [] } = this.#options;
    const steps = replayed.slice(from, this.#next);
    return steps.length > 0 && from + steps.length === this.#next && steps.every(isDone);
  }

  openStream(): StreamDelivery {
    const { progress, record, clock } = this.#options;
    const index = this.#take();
    this.#openStreams.forget(index);
    this.isRepeated = this.#wasDone(index);
    return new JournalStream({
      index,
      key: this.#keyOf(index),
      steps: progress.steps,
      save: () => record.save(),
      clock,
      retry: (request) => this.#retries.run(request),
      onPiece: (stream) => void (this.#stream = stream),
      park: (failure) => this.#retries.park(failure),
      onReceipt: (receipt) => void this.#receipts.push(receipt),
    });
  }

  closeStreams(close: CloseStream, isOver = false): MaybePromise<void> {
    const mayClose = !this.isParked && this.#options.abort.reason === null;
    return mayClose && !this.#openStreams.isEmpty ? this.#close(close, isOver) : undefined;
  }

  async #close(close: CloseStream, isOver: boolean): Promise<void> {
    const { abort, onFailed } = this.#options;
    const last = isOver ? Number.POSITIVE_INFINITY : this.#next;
    for (;;) {
      const stream = this.#openStreams.firstUpTo(last);
      if (stream === null) return;
      try {
        await this.#retries.run(() => this.aside(() => close(stream)));
      } catch (error) {
        // Where the text has to wait, so has this. Else the text matters more than how the old message looks.
        if (abort.isReason(error) || (this.isParked && !isOver)) throw error;
        onFailed(error);
      }
      this.#openStreams.forgetFirst();
    }
  }

  async aside(send: () => Promise<void>): Promise<void> {
    this.#isAside = true;
    try {
      await send();
    } finally {
      this.#isAside = false;
    }
  }

  takeReceipts(): readonly Receipt[] {
    const receipts = this.#receipts;
    if (receipts.length === 0) return NO_RECEIPTS;
    this.#receipts = [];
    return receipts;
  }

  #take(): number {
    if (this.#openCall === null || this.#openCall.isTaken) return this.#next++;
    this.#openCall.isTaken = true;
    return this.#openCall.index;
  }

  #keyOf(index: number): string {
    return `${this.#options.turnId}:${index + 1}`;
  }

  /** Takes one step, or what is known of it from an earlier run. */
  #step(
    index: number,
    kind: Step['kind'],
    { send, wasSent, isOurs = () => true, isBegunFirst = true }: StepActions,
  ): Promise<Receipt> {
    const { abort, progress, record } = this.#options;
    // What a run that was ended has not begun belongs to the next one.
    if (abort.reason !== null) return Promise.reject(abort.reason);
    const { steps } = progress;
    const known = this.#knownOf(index);
    if (known?.state === 'done') return Promise.resolve(this.#receive(known));
    if (known?.state === 'failed') return Promise.reject(this.#failedBefore(known));
    let isUnknown = known !== null && this.#begunHere[index] !== true;
    const attempt = async (): Promise<Receipt> => {
      const earlier = isUnknown ? await this.#earlier(wasSent) : null;
      if (earlier !== null) return this.#done(index, kind, earlier);
      isUnknown = false;
      // Of what is not written down before, a crash must not leave more than one in doubt.
      const begun = isBegunFirst ? this.#begin(index, kind) : record.catchUp();
      if (isPromise(begun)) await begun;
      const receipt = await send();
      return isOurs() ? this.#done(index, kind, receipt) : receipt;
    };
    const onFailed = async (error: unknown, failure: SendFailure): Promise<boolean> => {
      if (!isOurs()) return false;
      if (!failure.retryable) {
        steps[index] = { state: 'failed', kind, error: toError(error).message };
        await record.save();
        return false;
      }
      isUnknown ||= failure.mayHaveArrived;
      if (!isUnknown && (steps[index] ?? null) !== null) {
        // Nothing is under way: a crash while we wait must not make a riddle of it.
        steps[index] = null;
        await record.save();
      }
      return true;
    };
    return this.#retries.run(attempt, onFailed);
  }

  /**
   * What is known of a step that is no stream. Where the run before had a stream in its place that broke
   * off, that is nothing: the stream did not say all of it, and none of its requests went by this key.
   */
  #knownOf(index: number): Step | null {
    const known = this.#options.progress.steps[index] ?? null;
    return known?.kind === 'stream' && !isDone(known) ? null : known;
  }

  /** The receipt of a request that may have been made before; `null` if it has to be made. */
  async #earlier(wasSent: StepActions['wasSent']): Promise<Receipt | null> {
    const { abort, policy, onFailed } = this.#options;
    if (wasSent !== undefined) {
      try {
        return await wasSent();
      } catch (error) {
        if (abort.reason !== null || failureOf(error).retryable) throw error;
        // It will not say, ever: then it is a platform that cannot be asked.
        onFailed(error);
      }
    }
    return policy.whenUnknown === 'assume-sent' ? {} : null;
  }

  #begin(index: number, kind: Step['kind']): MaybePromise<void> {
    const { progress, record } = this.#options;
    const known = progress.steps[index] ?? null;
    this.#begunHere[index] = true;
    if (known?.state === 'begun' && known.kind === kind) return;
    progress.steps[index] = { state: 'begun', kind };
    return record.save();
  }

  #done(index: number, kind: Step['kind'], receipt: Receipt): MaybePromise<Receipt> {
    const { progress, record, isCareful } = this.#options;
    const step: Step = { state: 'done', kind };
    if (kind === 'request') step.receipts = [receipt];
    progress.steps[index] = step;
    return whenThere(isCareful ? record.save() : record.saveSoon(), () => this.#receive(step));
  }

  #receive({ receipts = [] }: Step): Receipt {
    this.#receipts.push(...receipts);
    return receipts[0] ?? {};
  }

  #failedBefore({ error }: Step): DeliveryError {
    const text = error ?? 'the platform refused this response in an earlier run of the turn';
    return new DeliveryError(text, { code: 'failed_before' });
  }
}

/** Whether the user has got all of a step. */
function isDone(step: Step | null): boolean {
  return step?.state === 'done' && step.isCut !== true;
}

/** How a step is taken. */
interface StepActions {
  send: () => Promise<Receipt>;
  wasSent?: (() => Promise<Receipt | null>) | undefined;
  /** Whether it is a step at all, and not one of the steps within it. */
  isOurs?: () => boolean;
  /** Whether it is written down before it is made. */
  isBegunFirst?: boolean;
}
