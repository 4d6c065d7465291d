import type { InterruptedStream } from '../channel/output-channel.ts';
import { isDone, type Step } from './progress.ts';

/** A stream that is still open on the platform. */
interface OpenStream {
  /** Its place among the steps. */
  index: number;
  step: Step;
}

/**
 * The streams that earlier tries of a turn have left open on the platform. What is said in the place of
 * one must not stand behind half a message that looks as if more were to come.
 */
export class OpenStreams {
  readonly #steps: (Step | null)[];
  /** Kept here as well: another step may take the place of a stream before it is closed. */
  readonly #open: OpenStream[];

  private constructor(steps: (Step | null)[]) {
    this.#steps = steps;
    this.#open = steps.flatMap((step, index) => (isOpen(step) ? [{ index, step }] : []));
  }

  /** Those of a turn's steps; `null` where there is none. */
  static of(steps: (Step | null)[]): OpenStreams | null {
    return steps.some(isOpen) ? new OpenStreams(steps) : null;
  }

  /** What is known of the first one that a response at step `next` would come behind; `null` for none. */
  firstAt(next: number): InterruptedStream | null {
    const [first] = this.#open;
    if (first === undefined) return null;
    // What is done is not said again: only the first step that is not says something. It may be a hole.
    const said = this.#steps.findIndex((step, index) => index >= next && !isDone(step));
    if (first.index > next && (said === -1 || said >= first.index)) return null;
    const { receipts = [], text = '' } = first.step;
    return { receipts, text };
  }

  /** The first one was closed. A later try need not do it again. */
  forgetFirst(): void {
    const first = this.#open.shift();
    if (first === undefined || this.#steps[first.index] !== first.step) return;
    this.#steps[first.index] = null;
  }

  /** A new stream begins in the place of an old one, and is in charge of it. */
  forget(index: number): void {
    const at = this.#open.findIndex((open) => open.index === index);
    if (at !== -1) this.#open.splice(at, 1);
  }
}

/** One whose process died in it, or that could not be ended. Others were, also where they broke off. */
function isOpen(step: Step | null): step is Step {
  return step?.kind === 'stream' && (step.state === 'begun' || step.isLeft === true);
}
