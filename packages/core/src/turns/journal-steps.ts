import type { Receipt } from '../channel/delivery.ts';
import type { Clock } from '../clock.ts';
import { DeliveryError, isOptedOut, toError } from '../errors.ts';
import { isPromise, whenThere, type MaybePromise } from '../maybe-promise.ts';
import type { TurnAbort } from './abort.ts';
import type { DeliveryOptions } from './delivery-options.ts';
import { failureOf, type SendFailure } from './failure.ts';
import { isDone, type Progress, type Step } from './progress.ts';
import type { Retries } from './retries.ts';
import { NO_RECEIPTS } from './turn-delivery.ts';

/** Where the progress of a turn is stored. */
interface ProgressRecord {
  /** Stores it. */
  save(): MaybePromise<void>;
  /** Stores it with whatever is stored next, and in a moment where nothing is. */
  saveSoon(): void;
  /** Stores what is to be stored soon. */
  catchUp(): MaybePromise<void>;
}

/** What {@link JournalSteps} work with. */
export interface StepRules {
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
}

/** How a step is taken. */
export interface StepActions {
  send: () => Promise<Receipt>;
  wasSent?: (() => Promise<Receipt | null>) | undefined;
  /** Whether it is a step at all, and not one of the steps within it. */
  isOurs?: () => boolean;
  /** Whether it is written down before it is made. */
  isBegunFirst?: boolean;
}

/**
 * The steps of a turn, one by one: each is written down before it is made and after it was answered, tried
 * again, and not made where an earlier run has made it.
 */
export class JournalSteps {
  readonly #rules: StepRules;
  readonly #retries: Retries;
  readonly #begunHere: boolean[] = [];
  #receipts: Receipt[] = [];

  constructor(rules: StepRules, retries: Retries) {
    this.#rules = rules;
    this.#retries = retries;
  }

  /** Takes one step, or what is known of it from an earlier run. */
  take(
    index: number,
    kind: Step['kind'],
    { send, wasSent, isOurs = () => true, isBegunFirst = true }: StepActions,
  ): Promise<Receipt> {
    const { abort, progress, record } = this.#rules;
    // What a run that was ended has not begun belongs to the next one.
    if (abort.reason !== null) return Promise.reject(abort.reason);
    const { steps } = progress;
    const known = this.knownOf(index);
    if (known?.state === 'done') return Promise.resolve(this.#receive(known));
    if (known?.state === 'failed') return Promise.reject(failedBefore(known));
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
        // Of who has opted out, only the channel knows whether that holds still in another run.
        const failed: Step = { state: 'failed', kind, error: toError(error).message };
        steps[index] = isOptedOut(error) ? null : failed;
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
   * Makes a request that is part of a step, and written down nowhere. That it has arrived is never assumed:
   * without its handle, or with a hole in its text, a stream is worth less than with a piece too many.
   */
  part({ send, wasSent }: Pick<StepActions, 'send' | 'wasSent'>): Promise<Receipt> {
    let isUnknown = false;
    const again = async (): Promise<Receipt> => {
      const earlier = await this.#earlier(wasSent, false);
      if (earlier !== null) return earlier;
      isUnknown = false;
      return await send();
    };
    const onFailed = async (_: unknown, failure: SendFailure): Promise<boolean> => {
      isUnknown ||= failure.mayHaveArrived;
      return failure.retryable;
    };
    return this.#retries.run(() => (isUnknown ? again() : send()), onFailed);
  }

  /**
   * What is known of a step that is no stream. Where the run before had a stream in its place that broke
   * off, that is nothing: the stream did not say all of it, and none of its requests went by this key.
   */
  knownOf(index: number): Step | null {
    const known = this.#rules.progress.steps[index] ?? null;
    return known?.kind === 'stream' && !isDone(known) ? null : known;
  }

  /** Takes note of what the platform said. */
  note(receipt: Receipt): void {
    this.#receipts.push(receipt);
  }

  /** What the platform said since this was last asked. */
  takeReceipts(): readonly Receipt[] {
    const receipts = this.#receipts;
    if (receipts.length === 0) return NO_RECEIPTS;
    this.#receipts = [];
    return receipts;
  }

  /** The receipt of a request that may have been made before; `null` if it has to be made. */
  async #earlier(
    wasSent: StepActions['wasSent'],
    mayAssume: boolean = true,
  ): Promise<Receipt | null> {
    const { abort, policy, onFailed } = this.#rules;
    if (wasSent !== undefined) {
      try {
        return await wasSent();
      } catch (error) {
        if (abort.reason !== null || failureOf(error).retryable) throw error;
        // It will not say, ever: then it is a platform that cannot be asked.
        onFailed(error);
      }
    }
    return mayAssume && policy.whenUnknown === 'assume-sent' ? {} : null;
  }

  #begin(index: number, kind: Step['kind']): MaybePromise<void> {
    const { progress, record } = this.#rules;
    const known = progress.steps[index] ?? null;
    this.#begunHere[index] = true;
    if (known?.state === 'begun' && known.kind === kind) return;
    progress.steps[index] = { state: 'begun', kind };
    return record.save();
  }

  #done(index: number, kind: Step['kind'], receipt: Receipt): MaybePromise<Receipt> {
    const { progress, record, isCareful } = this.#rules;
    const step: Step = { state: 'done', kind };
    if (kind === 'request') step.receipts = [receipt];
    progress.steps[index] = step;
    return whenThere(isCareful ? record.save() : record.saveSoon(), () => this.#receive(step));
  }

  #receive({ receipts = [] }: Step): Receipt {
    this.#receipts.push(...receipts);
    return receipts[0] ?? {};
  }
}

function failedBefore({ error }: Step): DeliveryError {
  const text = error ?? 'the platform refused this response in an earlier run of the turn';
  return new DeliveryError(text, { code: 'failed_before' });
}
