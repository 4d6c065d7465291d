import type { ChatClient, ClientState } from '../client.ts';
import type { Transcript } from '../transcript.ts';
import { Announcer } from './announcer.ts';
import { Composer } from './composer.ts';
import { Conversation } from './conversation.ts';
import { h } from './dom.ts';
import { failureOf, type ChatLabels } from './labels.ts';
import { later } from './later.ts';
import { Status } from './status.ts';
import { suggestions } from './suggestions.ts';
import { Typing } from './typing.ts';

/** How long what comes after the connection was made is taken for what was said before. */
const HISTORY_MS = 1_000;

/** What a {@link Chat} shows, and how. */
export interface ChatOptions {
  client: ChatClient;
  labels: ChatLabels;
  /** A heading. */
  title: string | null;
  /** Words to begin with. */
  suggestions: readonly string[];
  /** Whether they stay above the field when something was said. */
  keepsSuggestions: () => boolean;
}

/** The whole of what the element shows, drawn from what its client tells. */
export class Chat {
  readonly node: HTMLElement;
  readonly #options: ChatOptions;
  readonly #composer: Composer;
  readonly #conversation: Conversation;
  readonly #announcer: Announcer;
  readonly #status: Status;
  readonly #typing: Typing;
  readonly #welcome: HTMLElement;
  readonly #strip: HTMLElement;
  readonly #greeting: HTMLElement;
  readonly #drawing = later(() => this.#draw());
  readonly #stopListening: (() => void)[];
  /** When the server began to tell; 0 before. What was said by then is no news. */
  #openedAt = 0;

  constructor(options: ChatOptions) {
    const { client, labels, title, suggestions: words } = options;
    this.#options = options;
    // One that is closed takes nothing, and the status line says that it is.
    const isOpen = (): boolean => client.state !== 'closed';
    this.#composer = new Composer(labels, {
      onSend: (text) => {
        if (!isOpen()) return labels.closed;
        if (!client.fits(text)) return labels.tooLong;
        client.send(text);
        return null;
      },
      onTyping: () => client.typing(),
      onStop: () => {
        client.cancel();
        // Of a turn that is ended before it has said anything, nothing more comes.
        this.#typing.hide();
      },
    });
    this.#conversation = new Conversation({
      labels,
      choose: (button) => {
        if (!isOpen()) return;
        client.choose(button);
        this.#goOn();
      },
      retry: (id) => client.retry(id),
    });
    this.#announcer = new Announcer(labels);
    this.#status = new Status(labels, () => {
      client.reconnect();
      this.#goOn();
    });
    this.#typing = new Typing(labels, () => this.#drawStop());
    const onSay = (word: string): void => {
      if (!isOpen()) return;
      client.send(word);
      this.#goOn();
    };
    this.#welcome = suggestions(words, labels, onSay, 'welcome');
    this.#strip = suggestions(words, labels, onSay, 'strip');
    this.#strip.hidden = true;
    // What the page has put into the element: a greeting, say.
    this.#greeting = h('div', { class: 'greeting', part: 'greeting' }, h('slot'));
    this.#conversation.tail.append(this.#greeting, this.#welcome, this.#typing.node);
    this.node = h(
      'div',
      // The host's `title` would be shown as a tool tip all over it.
      { class: 'frame', title: '' },
      header(title),
      this.#status.node,
      this.#conversation.node,
      this.#announcer.node,
      this.#strip,
      this.#composer.note,
      this.#composer.node,
    );
    this.#stopListening = this.#listen(client);
    this.#drawStop();
    this.#status.state = client.state;
    this.#drawing.soon();
  }

  /** Puts the cursor into the field that one writes into. */
  focus(): void {
    this.#composer.focus();
  }

  /** What is being written. */
  get draft(): string {
    return this.#composer.text;
  }

  set draft(text: string) {
    this.#composer.text = text;
  }

  /** Forgets what is being written, here and there. */
  clear(): void {
    this.#composer.clear();
    this.#typing.hide();
  }

  /** It is shown no more. */
  end(): void {
    this.#drawing.cancel();
    this.#typing.end();
    for (const stop of this.#stopListening) stop();
  }

  /** What was pressed may be gone, and the next word is often typed; on a phone the keyboard would cover the answer. */
  #goOn(): void {
    if (matchMedia('(pointer: coarse)').matches) this.#conversation.scrollToEnd();
    else this.focus();
  }

  #listen(client: ChatClient): (() => void)[] {
    return [
      client.on('transcript', this.#drawing.soon),
      client.on('message', ({ type }) => {
        if (type !== 'user') this.#typing.hide();
      }),
      client.on('typing', () => this.#typing.show()),
      client.on('state', (state: ClientState) => {
        this.#status.state = state;
        this.#drawStop();
      }),
      client.on('session', () => (this.#openedAt ||= performance.now())),
      client.on('error', ({ code, id }) => {
        // A message that failed says so itself.
        if (id === undefined) this.#status.fail(failureOf('problem', code, this.#options.labels));
      }),
    ];
  }

  #draw(): void {
    const { client, suggestions: words, keepsSuggestions } = this.#options;
    const { transcript } = client;
    const openForMs = performance.now() - this.#openedAt;
    this.#conversation.show(transcript);
    this.#announcer.show(transcript, this.#openedAt === 0 || openForMs < HISTORY_MS);
    const isEmpty = transcript.entries.length === 0;
    this.#greeting.hidden = !isEmpty;
    this.#welcome.hidden = !isEmpty || words.length === 0;
    this.#strip.hidden = isEmpty || words.length === 0 || !keepsSuggestions();
    this.#drawStop();
  }

  #drawStop(): void {
    const { state, transcript } = this.#options.client;
    // Whoever cannot be reached cannot be stopped.
    this.#composer.canStop =
      state === 'connected' && (this.#typing.isShown || isStreaming(transcript));
  }
}

function header(title: string | null): HTMLElement | null {
  if (title === null || title === '') return null;
  return h(
    'div',
    { class: 'header', part: 'header' },
    h('h2', { class: 'title', part: 'title' }, title),
  );
}

function isStreaming({ entries }: Transcript): boolean {
  return entries.some((entry) => entry.kind === 'stream' && entry.state === 'open');
}
