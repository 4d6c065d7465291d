import type { ChatLabels } from './labels.ts';
import { focused, h, icon, ICONS } from './dom.ts';

/** What a composer tells. */
export interface ComposerEvents {
  /** Returns why it was not taken, or `null`: what is too long stays where it can be shortened. */
  onSend: (text: string) => string | null;
  onTyping: () => void;
  onStop: () => void;
}

/** Where the user writes. */
export class Composer {
  readonly node: HTMLFormElement;
  /** Has a place above: why what is written was not taken. */
  readonly note: HTMLElement = h('div', {
    class: 'note status failed',
    part: 'note',
    role: 'alert',
    id: 'note',
  });
  readonly #input: HTMLTextAreaElement;
  readonly #stop: HTMLButtonElement;
  readonly #events: ComposerEvents;

  constructor(labels: ChatLabels, events: ComposerEvents) {
    this.#events = events;
    this.#input = h('textarea', {
      class: 'input',
      part: 'input',
      rows: '1',
      'aria-label': labels.placeholder,
      'aria-describedby': 'note',
      placeholder: labels.placeholder,
      enterkeyhint: 'send',
      dir: 'auto',
    });
    this.#input.addEventListener('input', () => {
      this.#grow();
      this.note.textContent = '';
      if (this.#input.value !== '') events.onTyping();
    });
    this.#input.addEventListener('keydown', (event) => {
      // While a word is being composed (Japanese, say), Enter chooses among its spellings. Safari then
      // has ended that already, and the code 229 alone tells.
      // @see https://bugs.webkit.org/show_bug.cgi?id=165004
      const isComposing = event.isComposing || event.keyCode === 229;
      if (event.key !== 'Enter' || event.shiftKey || isComposing) return;
      event.preventDefault();
      this.#submit();
    });
    this.#stop = h(
      'button',
      {
        type: 'button',
        class: 'round stop',
        part: 'stop',
        'aria-label': labels.stop,
        onclick: () => {
          events.onStop();
          this.focus();
        },
      },
      icon(ICONS.stop),
    );
    this.#stop.hidden = true;
    const send = h(
      'button',
      { type: 'submit', class: 'round send', part: 'send', 'aria-label': labels.send },
      icon(ICONS.send),
    );
    this.node = h('form', { class: 'composer', part: 'composer' }, this.#input, this.#stop, send);
    this.node.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  /** Puts the cursor there. */
  focus(): void {
    this.#input.focus();
  }

  /** What is written there. */
  get text(): string {
    return this.#input.value;
  }

  set text(text: string) {
    this.#input.value = text;
    this.note.textContent = '';
    this.#grow();
  }

  /** Forgets what is written there. */
  clear(): void {
    this.text = '';
  }

  /** Whether there is something to stop. */
  set canStop(canStop: boolean) {
    const hadFocus = focused(this.#stop) === this.#stop;
    this.#stop.hidden = !canStop;
    if (hadFocus && !canStop) this.focus();
  }

  #submit(): void {
    const text = this.#input.value.trim();
    if (text !== '') {
      const refusal = this.#events.onSend(text);
      if (refusal === null) this.clear();
      else this.note.textContent = refusal;
    }
    this.focus();
  }

  #grow(): void {
    const { style } = this.#input;
    style.height = 'auto';
    // Its limit is the style's.
    style.height = `${this.#input.scrollHeight + 2}px`;
  }
}
