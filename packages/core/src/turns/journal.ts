import type { DeliveryStep, Receipt } from '../channel/delivery.ts';
import { within } from '../clock.ts';
import { isPromise, promised, type MaybePromise } from '../maybe-promise.ts';
import { asideKey, CLOSE_MS, closeIsLate } from './aside-delivery.ts';
import type { SendFailure } from './failure.ts';
import { JournalSteps, type StepRules } from './journal-steps.ts';
import { JournalStream, type StreamRequest } from './journal-stream.ts';
import { OpenStreams } from './open-streams.ts';
import { isDone, type Pending, type Step } from './progress.ts';
import { Retries } from './retries.ts';
import { asJson } from './storable.ts';
import type { CloseStream, StreamDelivery, TurnDelivery } from './turn-delivery.ts';

/** What a {@link Journal} works with. */
export interface JournalOptions extends StepRules {
  /** The same in every run of the turn: the stem of the steps' keys. */
  turnId: string;
  /** When the turn was taken over, in milliseconds since 1970. */
  since: number;
  /** The step that this begins with. @defaultValue 0 */
  from?: number;
  /** The steps that the turn had when it was replayed. @defaultValue none: it was not */
  replayed?: readonly (Step | null)[];
  /** Closes a stream beside what is said. */
  close: CloseStream;
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
  readonly #steps: JournalSteps;
  readonly #openStreams: OpenStreams | null;
  #next: number;
  #openCall: OpenCall | null = null;
  #stream: JournalStream | null = null;
  #isAside = false;
  /** What is being closed, or was last. */
  #closing: Promise<void> | null = null;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#retries = new Retries(options);
    this.#steps = new JournalSteps(options, this.#retries);
    this.#openStreams = OpenStreams.of(options.progress.steps);
    this.#next = options.from ?? 0;
  }

  /** Why the turn has to wait; `null` while everything could be sent. */
  get parked(): SendFailure | null {
    return this.#retries.parked;
  }

  get isParked(): boolean {
    return this.parked !== null;
  }

  /** Whether there is nothing to do when the platform is back. */
  get isComplete(): boolean {
    const { pending, steps } = this.#options.progress;
    return pending.length === 0 && (!this.isParked || OpenStreams.of(steps) === null);
  }

  /** The step that comes next. */
  get next(): number {
    return this.#next;
  }

  /** What comes next is none of the steps before this one. */
  skipTo(step: number): void {
    this.#next = Math.max(this.#next, step);
  }

  deliver<P>({ payload, send, wasSent }: DeliveryStep<P>): Promise<Receipt> {
    const by = (key: string): StreamRequest => ({
      send: () => send(payload, key),
      wasSent: wasSent && (() => wasSent(key, this.#options.since)),
    });
    if (this.#stream !== null) return this.#stream.request(by);
    if (this.#isAside) return send(payload, asideKey(this.#options.turnId));
    const index = this.#take();
    return this.#inPlace(index, () => this.#steps.take(index, 'request', by(this.#keyOf(index))));
  }

  call(method: object, send: () => Promise<void>): Promise<void> {
    if (this.#stream !== null || this.#isAside) return send();
    const call: OpenCall = { index: this.#take(), isTaken: false };
    const outer = this.#openCall;
    this.#openCall = call;
    return this.#inPlace(call.index, () => this.#within(call, method, send)).then(
      () => void (this.#openCall = outer),
      (error: unknown) => {
        this.#openCall = outer;
        throw error;
      },
    );
  }

  #within(call: OpenCall, method: object, send: () => Promise<void>): Promise<void> {
    const known = this.#steps.knownOf(call.index);
    if (known !== null && known.kind !== 'call') return send();
    if (known === null && isLeaf.get(method) === false) {
      // What it does is in steps of its own.
      const noteLeaf = (): unknown => call.isTaken || isLeaf.set(method, true);
      return send().then(() => void noteLeaf());
    }
    const step = this.#steps.take(call.index, 'call', {
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
        this.isRepeated = this.wasDone(from);
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
    // It is stored again and again while the turn goes on, and is no more the assistant's to change.
    progress.pending.push(asJson(pending));
    await record.save();
    return 'pending';
  }

  /** Whether the steps from `from` on, up to the next one, were done before the turn was replayed. */
  wasDone(from: number): boolean {
    const { replayed = [] } = this.#options;
    const steps = replayed.slice(from, this.#next);
    return steps.length > 0 && from + steps.length === this.#next && steps.every(isDone);
  }

  openStream(): StreamDelivery {
    const { progress, record, clock } = this.#options;
    const index = this.#take();
    this.#openStreams?.forget(index);
    this.isRepeated = this.wasDone(index);
    return new JournalStream({
      index,
      // One of its own in each run: what a run before has shown is another message.
      key: `${this.#keyOf(index)}.${progress.runs}`,
      steps: progress.steps,
      save: () => record.save(),
      clock,
      request: (request) => this.#steps.part(request),
      onPiece: (stream) => void (this.#stream = stream),
      park: (failure) => this.#retries.park(failure),
      onReceipt: (receipt) => this.#steps.note(receipt),
    });
  }

  closeStreams(close: CloseStream): MaybePromise<void> {
    return this.#closeBefore(this.#next, (stream) => this.aside(() => close(stream)));
  }

  /** Closes all that is open: nothing more is said. */
  closeRest(): MaybePromise<void> {
    return this.#closeBefore(Number.POSITIVE_INFINITY, this.#options.close);
  }

  /**
   * Takes a step once what stands open in its place is closed. It may be any of a response's steps, of which
   * earlier ones were done; and the journal knows of the stream only by its place.
   */
  #inPlace<T>(index: number, take: () => Promise<T>): Promise<T> {
    if (this.#openStreams === null || isDone(this.#steps.knownOf(index))) return take();
    const closing = this.#closeBefore(index, this.#options.close);
    return isPromise(closing) ? closing.then(take) : take();
  }

  #closeBefore(next: number, close: CloseStream): MaybePromise<void> {
    const open = this.#openStreams;
    if (open === null || this.isParked || this.#options.abort.reason !== null) return;
    if (open.firstAt(next) === null) return;
    // One after the other, of requests that a channel makes at the same time.
    const before = this.#closing?.catch(() => {});
    this.#closing = Promise.resolve(before).then(() => this.#close(open, next, close));
    return this.#closing;
  }

  async #close(open: OpenStreams, next: number, close: CloseStream): Promise<void> {
    const { abort, onFailed } = this.#options;
    for (let first = open.firstAt(next); first !== null; first = open.firstAt(next)) {
      const stream = first;
      try {
        await this.#retries.run(
          () => close(stream),
          async (_, { retryable }) => retryable && !this.isParked,
        );
      } catch (error) {
        // What comes after it would have to wait as well. Else that matters more than how the old one looks.
        if (this.isParked || abort.isReason(error)) throw error;
        onFailed(error);
      }
      open.forgetFirst();
    }
  }

  /**
   * What takes too long counts as a platform that is away: nothing more is said by this journal, so that
   * what comes of it late is taken for no step.
   */
  async aside(send: () => Promise<void>): Promise<void> {
    this.#isAside = true;
    const sending = promised(send).finally(() => void (this.#isAside = false));
    const late = closeIsLate();
    try {
      await within(this.#options.clock, CLOSE_MS, sending, () => late);
    } catch (error) {
      if (error === late) this.#retries.park(late);
      throw error;
    }
  }

  takeReceipts(): readonly Receipt[] {
    return this.#steps.takeReceipts();
  }

  #take(): number {
    if (this.#openCall === null || this.#openCall.isTaken) return this.#next++;
    this.#openCall.isTaken = true;
    return this.#openCall.index;
  }

  #keyOf(index: number): string {
    return `${this.#options.turnId}:${index + 1}`;
  }
}
