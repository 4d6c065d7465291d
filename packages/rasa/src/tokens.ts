import type { BotMessage } from '@trunkline/core';

/**
 * What is done with texts that come one after the other. `detect`: those that read like the pieces of
 * one text are one streamed response. `join`: all of them are. `separate`: each is a response.
 */
export type TokenMode = 'detect' | 'join' | 'separate';

/** What is to be said next. */
export type Utterance =
  | { kind: 'response'; response: BotMessage }
  | { kind: 'chunk'; text: string }
  /** The stream that the chunks before made is over. */
  | { kind: 'end' };

/** How long a text is held that may be the first piece of a stream, in milliseconds. */
const HOLD_MS = 250;

/** How long a stream is open that may be over, in milliseconds. */
const STREAM_QUIET_MS = 2_000;

/**
 * Tells streamed tokens from whole messages. On Rasa's wire both are `{"recipient_id", "text"}`: a
 * whole text has been trimmed and split at its blank lines, a piece is what the model has given, and
 * nothing says where a stream begins or ends. `detect` goes by what a trimmed text cannot look like.
 *
 * @see Rasa's `QueueOutputChannel.send_response_chunk`
 */
export class TokenJoiner {
  readonly #mode: TokenMode;
  /** Texts of which it is not known yet what they are; never more than two. */
  #held: string[] = [];
  /** The last piece of the stream that is open. */
  #last: string | null = null;
  /** The whole of the last stream, until something else is said. */
  #streamed = '';

  constructor(mode: TokenMode) {
    this.#mode = mode;
  }

  /** How long to wait for more before {@link TokenJoiner.quiet} is called; `null` for ever. */
  get patienceMs(): number | null {
    if (this.#held.length > 0) return HOLD_MS;
    return this.#last !== null && this.#mode === 'detect' ? STREAM_QUIET_MS : null;
  }

  /** Rasa has said something. */
  hear(response: BotMessage): Utterance[] {
    const { text } = response;
    const isBare = typeof text === 'string' && Object.keys(response).length === 1;
    if (isBare && this.#mode !== 'separate') return this.#hearText(text);
    // Buttons below a streamed text come with the text, which was shown already.
    const isRepeated = this.#streamed !== '' && text?.trim() === this.#streamed.trim();
    const said = isRepeated ? { ...response, text: '' } : response;
    this.#streamed = '';
    return [...this.end(), { kind: 'response', response: said }];
  }

  /** Nothing came for a while, or nothing more will come: what is held is said. */
  end(): Utterance[] {
    const said: Utterance[] = this.#held.map((text) => ({ kind: 'response', response: { text } }));
    this.#held = [];
    if (this.#last !== null) said.push({ kind: 'end' });
    this.#last = null;
    return said;
  }

  #hearText(text: string): Utterance[] {
    if (this.#last !== null) {
      if (this.#mode === 'join' || goesOn(this.#last, text)) return this.#add([text]);
      return [...this.end(), ...this.#hearText(text)];
    }
    if (this.#mode === 'join') return this.#add([text]);
    const previous = this.#held.at(-1);
    if (previous === undefined) {
      this.#held = [text];
      return [];
    }
    if (areOneText(previous, text)) return this.#add([...this.#held, text]);
    if (isWord(previous) && isWord(text)) {
      // "Un", "believ", "ably" and "Yes", "No" look alike; nobody sends three messages of a word.
      if (this.#held.length === 2) return this.#add([...this.#held, text]);
      this.#held.push(text);
      return [];
    }
    const said = this.end();
    this.#held = [text];
    return said;
  }

  #add(pieces: string[]): Utterance[] {
    if (this.#last === null) this.#streamed = '';
    this.#held = [];
    this.#last = pieces.at(-1) ?? '';
    this.#streamed += pieces.join('');
    return pieces.map((text) => ({ kind: 'chunk', text }));
  }
}

/** A space and then a word: a trimmed text does not begin so, and a list below a blank line neither. */
const SPACED_WORD = /^ [\p{L}\p{N}("'“‘«¿¡]/u;

/** What stands behind a word without a space. A text that begins with an ellipsis is none. */
const CLOSING = /^(?:[,;:!?)\]}’”»%、。，！？]|\.(?!\.))/u;

/** Whether two texts can only be pieces of one. */
function areOneText(first: string, second: string): boolean {
  const isSpaced = SPACED_WORD.test(second) || /^\S+ $/.test(first);
  const hasBlankLine = first.includes('\n\n') || second.includes('\n\n');
  return isSpaced || hasBlankLine || CLOSING.test(second);
}

/** Whether a text goes on with the stream that is open. */
function goesOn(last: string, text: string): boolean {
  return areOneText(last, text) || /\s$/.test(last) || /^\s|^\p{Ll}/u.test(text) || isWord(text);
}

/** A sentence of a language without spaces, an exclamation, a link: no piece of a text. */
const WHOLE = /^\P{Ll}.+[.!?。！？]$|^https?:\/\//u;

const isWord = (text: string): boolean => !/\s/.test(text) && !WHOLE.test(text);
