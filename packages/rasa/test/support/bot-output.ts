/*
 * Rasa's collecting output channels, as its source has them: what `rest` and `callback` put on the
 * wire. Written here once more, and not taken from core, so that the two check each other.
 */

/** One of Rasa's messages. */
export type RasaMessage = Record<string, unknown>;

/** What an agent of the stand-in says it with. */
export class BotOutput {
  readonly #recipient: string;
  readonly #put: (message: RasaMessage) => Promise<void> | void;
  readonly #streams: boolean;
  #streamed = '';
  /** What the tracker will know. */
  readonly events: RasaMessage[] = [];

  /** @param streams - Whether the channel forwards chunks: `queue` does, `collector` does not. */
  constructor(
    recipient: string,
    put: (message: RasaMessage) => Promise<void> | void,
    streams: boolean,
  ) {
    this.#recipient = recipient;
    this.#put = put;
    this.#streams = streams;
  }

  /** A bot event: `OutputChannel.send_response` for what it holds. */
  async utter(data: {
    text?: string;
    buttons?: unknown[];
    quick_replies?: unknown[];
    elements?: { title?: string; subtitle?: string; buttons?: unknown[] }[];
    image?: string;
    attachment?: unknown;
    custom?: unknown;
  }): Promise<void> {
    const { text, buttons, quick_replies: replies, elements, image, attachment, custom } = data;
    const nulls = { elements: null, quick_replies: null, buttons: null, attachment: null };
    const kept = { ...nulls, image: null, custom: null, ...data, text: undefined };
    this.events.push({ event: 'bot', text: text ?? null, data: kept, metadata: {} });
    const choices = replies?.length ? replies : buttons;
    if (choices?.length) await this.#message({ text, buttons: choices });
    else if (text) await this.#text(text);
    if (custom) await this.#message({ custom });
    if (image) await this.#message({ image });
    if (attachment) await this.#message({ attachment });
    for (const element of elements ?? []) {
      const line = `${element.title ?? ''} : ${element.subtitle ?? ''}`;
      await this.#message({ text: line, buttons: element.buttons ?? [] });
    }
  }

  /** An answer that a model makes token by token, and then the whole, which the channel drops. */
  async stream(
    tokens: readonly string[],
    pause: () => Promise<void> | void = () => {},
  ): Promise<void> {
    this.#streamed = '';
    for (const token of tokens) {
      this.#streamed += token;
      if (this.#streams) await this.#message({ text: token });
      await pause();
    }
    await this.utter({ text: tokens.join('') });
  }

  async #text(text: string): Promise<void> {
    if (this.#streams && text === this.#streamed) return;
    for (const part of text.trim().split('\n\n')) await this.#message({ text: part });
  }

  /** In Rasa's order of keys, those that are None left out. */
  async #message(parts: RasaMessage): Promise<void> {
    const { text, image, buttons, attachment, custom } = parts;
    const all = { recipient_id: this.#recipient, text, image, buttons, attachment, custom };
    const there = Object.entries(all).filter(([, value]) => value !== undefined && value !== null);
    await this.#put(Object.fromEntries(there));
  }
}
