import type { Receipt } from '../channel/delivery.ts';
import type { InterruptedStream } from '../channel/output-channel.ts';
import type { Clock } from '../clock.ts';
import { isPromise, whenThere, type MaybePromise } from '../maybe-promise.ts';
import { failureOf, type SendFailure } from './failure.ts';
import { isDone, type Step } from './progress.ts';
import type { SendPiece, StreamDelivery } from './turn-delivery.ts';

/** What a {@link JournalStream} works with. */
export interface JournalStreamOptions {
  /** Its place among the steps. */
  index: number;
  /** The stem of its requests' keys. */
  key: string;
  steps: (Step | null)[];
  save: () => MaybePromise<void>;
  clock: Clock;
  /** Makes a request, again and again as long as a turn may wait for it. */
  request: (request: StreamRequest) => Promise<Receipt>;
  /** Told whose the requests are that are made from now on: this stream's, or nobody's any more. */
  onPiece: (stream: JournalStream | null) => void;
  /** The platform cannot be reached. */
  park: (failure: SendFailure) => void;
  onReceipt: (receipt: Receipt) => void;
}

/** One request of a stream. */
export interface StreamRequest {
  send: () => Promise<Receipt>;
  /** Asks the platform whether it has arrived. */
  wasSent: (() => Promise<Receipt | null>) | undefined;
}

/** How much of a stream a crash may make us forget, in milliseconds: each save costs a write. */
const SAVE_MS = 1_000;

/** The first ones name the message; a stream may have thousands. */
const MAX_RECEIPTS = 4;

/**
 * A stream in the journal: one step, with its handle and its text so far. Its single requests are
 * not written down, since none of them matters once there is a later one.
 */
export class JournalStream implements StreamDelivery {
  readonly isShown: boolean;
  readonly interrupted: InterruptedStream | null;

  readonly #options: JournalStreamOptions;
  readonly #step: Step = { state: 'begun', kind: 'stream', receipts: [], text: '' };
  #isBegun = false;
  #isLeft = false;
  /** Whether the call that was made last has failed, or is not stored: then the stream was not ended. */
  #hasFailed = false;
  /** What was shown since the step was last saved. */
  #unsaved: string[] = [];
  #savedAt = 0;
  #savedReceipts = 0;
  #requests = 0;

  constructor(options: JournalStreamOptions) {
    this.#options = options;
    const known = options.steps[options.index] ?? null;
    this.isShown = isDone(known);
    this.interrupted =
      known === null || known.kind !== 'stream' || this.isShown
        ? null
        : { receipts: known.receipts ?? [], text: known.text ?? '' };
  }

  piece(send: SendPiece, chunk: string): MaybePromise<void> {
    if (this.#isLeft) return undefined;
    if (this.#isBegun) return this.#show(send, chunk);
    this.#isBegun = true;
    return whenThere(this.#save(), () => this.#show(send, chunk));
  }

  /** Without a function of its own for each piece, as far as nothing is waited for. */
  #show(send: SendPiece, chunk: string): MaybePromise<void> {
    this.#options.onPiece(this);
    this.#hasFailed = true;
    let sent: MaybePromise<void>;
    try {
      sent = send(chunk);
    } catch (error) {
      return this.#failed(error);
    }
    if (!isPromise(sent)) return this.#shown(chunk);
    return sent.then(
      () => this.#shown(chunk),
      (error: unknown) => this.#failed(error),
    );
  }

  #shown(chunk: string): MaybePromise<void> {
    this.#options.onPiece(null);
    this.#unsaved.push(chunk);
    const isHandleNew = this.#savedReceipts === 0 && this.#receipts.length > 0;
    // A clock may have been set back.
    const isOld = Math.abs(this.#options.clock.now() - this.#savedAt) >= SAVE_MS;
    const saved = isHandleNew || isOld ? this.#save() : undefined;
    // Not before: where the turn is ended meanwhile, nobody comes to end the stream.
    if (isPromise(saved)) return saved.then(() => void (this.#hasFailed = false));
    this.#hasFailed = false;
  }

  #failed(error: unknown): void {
    this.#options.onPiece(null);
    const failure = failureOf(error);
    if (!failure.retryable) throw error;
    // The producer goes on: what it says is said whole when the platform is back.
    this.#isLeft = true;
    this.#options.park(failure);
  }

  /** One request of the piece that is under way. */
  request(requestBy: (key: string) => StreamRequest): Promise<Receipt> {
    const request = requestBy(`${this.#options.key}.${++this.#requests}`);
    return this.#options.request(request).then((receipt) => {
      if (this.#receipts.length < MAX_RECEIPTS) this.#receipts.push(receipt);
      this.#options.onReceipt(receipt);
      return receipt;
    });
  }

  async end(): Promise<boolean> {
    await this.#close(this.#isLeft);
    return !this.#isLeft;
  }

  async fail(): Promise<void> {
    if (this.#isBegun) await this.#close(true);
  }

  get #receipts(): Receipt[] {
    return (this.#step.receipts ??= []);
  }

  async #close(isCut: boolean): Promise<void> {
    this.#step.state = 'done';
    if (isCut) this.#step.isCut = true;
    if (this.#isLeft || this.#hasFailed) this.#step.isLeft = true;
    await this.#save();
  }

  #save(): MaybePromise<void> {
    const { steps, index, save, clock } = this.#options;
    steps[index] = this.#step;
    this.#step.text += this.#unsaved.join('');
    this.#unsaved = [];
    this.#savedAt = clock.now();
    this.#savedReceipts = this.#receipts.length;
    return save();
  }
}
