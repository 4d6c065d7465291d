import { h } from './dom.ts';
import type { ChatLabels } from './labels.ts';

/** How long the dots are shown when nothing follows. */
const TYPING_MS = 30_000;

/** Dots while the assistant is at work. */
export class Typing {
  readonly node: HTMLElement;
  readonly #onChange: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(labels: ChatLabels, onChange: () => void) {
    this.#onChange = onChange;
    this.node = h(
      'div',
      { class: 'bubble typing', part: 'typing', role: 'img', 'aria-label': labels.typing },
      ...[1, 2, 3].map(() => h('i')),
    );
    this.node.hidden = true;
  }

  /** Whether they are shown. */
  get isShown(): boolean {
    return !this.node.hidden;
  }

  /** Shows them, for a while. */
  show(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.hide(), TYPING_MS);
    this.node.hidden = false;
    this.#onChange();
  }

  /** Shows them no more. */
  hide(): void {
    clearTimeout(this.#timer);
    this.node.hidden = true;
    this.#onChange();
  }

  /** The conversation is over. */
  end(): void {
    clearTimeout(this.#timer);
  }
}
