import type { ClientState } from '../link.ts';
import { h } from './dom.ts';
import type { ChatLabels } from './labels.ts';

/** How long a failure is shown, and how short an interruption is not worth a word. */
const ERROR_MS = 8_000;
const PATIENCE_MS = 1_200;

/** A line about the connection, while there is something to say of it. */
export class Status {
  readonly node: HTMLElement;
  readonly #labels: ChatLabels;
  readonly #text: HTMLElement;
  readonly #again: HTMLElement;
  #state: ClientState = 'connecting';
  #error: string | null = null;
  #errorTimer: ReturnType<typeof setTimeout> | undefined;
  #patienceTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(labels: ChatLabels, onTryNow: () => void) {
    this.#labels = labels;
    this.#text = h('span', { role: 'status' });
    this.#again = h(
      'button',
      { type: 'button', class: 'retry', part: 'button', onclick: onTryNow },
      labels.tryNow,
    );
    this.node = h('div', { class: 'connection', part: 'status' }, this.#text, this.#again);
    this.#again.hidden = true;
    this.node.classList.add('hidden');
  }

  /** Shows how the connection is: at once if that is good, and after a moment if it is not. */
  set state(state: ClientState) {
    this.#state = state;
    if (state === 'connected' || state === 'closed') {
      clearTimeout(this.#patienceTimer);
      this.#patienceTimer = undefined;
      this.#draw();
    } else if (this.#patienceTimer === undefined) {
      this.#patienceTimer = setTimeout(() => this.#draw(), PATIENCE_MS);
    } else if (this.#text.textContent !== '') {
      this.#draw();
    }
  }

  /** Shows a failure for a while. */
  fail(message: string): void {
    this.#error = message;
    clearTimeout(this.#errorTimer);
    this.#errorTimer = setTimeout(() => {
      this.#error = null;
      this.#draw();
    }, ERROR_MS);
    this.#draw();
  }

  #draw(): void {
    const { connecting, offline, closed } = this.#labels;
    const sentence = { connecting, offline, closed, connected: '' }[this.#state];
    this.#text.textContent = this.#error ?? sentence;
    this.#again.hidden = this.#error !== null || this.#state !== 'offline';
    // Out of sight, and not out of the page: what is said where nothing was is not read out.
    this.node.classList.toggle('hidden', this.#text.textContent === '');
    this.node.classList.toggle('failed', this.#error !== null);
  }
}
