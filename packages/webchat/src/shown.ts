import type { Outgoing } from './outbox.ts';
import {
  emptyTranscript,
  transcript,
  type Transcript,
  type TranscriptAction,
} from './transcript.ts';

/** What is to be shown now, and who is told when that changes. */
export class Shown {
  now: Transcript = emptyTranscript;
  readonly #onChange: (now: Transcript) => void;

  constructor(onChange: (now: Transcript) => void) {
    this.#onChange = onChange;
  }

  /** Something happened. */
  apply(action: TranscriptAction): void {
    this.#become(transcript(this.now, action));
  }

  /** The user said something, by a message or a button. */
  said(frame: Outgoing): void {
    const text = frame.type === 'choice' ? (frame.title ?? frame.payload) : frame.message;
    this.apply({ type: 'said', id: frame.id, text });
  }

  /** Nothing is left. */
  clear(): void {
    this.#become(emptyTranscript);
  }

  #become(after: Transcript): void {
    if (after === this.now) return;
    const isSame = after.entries === this.now.entries;
    this.now = after;
    if (!isSame) this.#onChange(after);
  }
}
