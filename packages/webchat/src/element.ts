import { connect, type ChatClient, type ClientState, type TokenSource } from './client.ts';
import type { Transcript } from './transcript.ts';
import { Announcer } from './view/announcer.ts';
import { Composer } from './view/composer.ts';
import type { ViewContext } from './view/context.ts';
import { Conversation } from './view/conversation.ts';
import { h } from './view/dom.ts';
import { ENGLISH, type ChatLabels } from './view/labels.ts';
import { Status } from './view/status.ts';
import { STYLES } from './view/styles.ts';
import { followViewport } from './view/viewport.ts';

/** How long the dots are shown when nothing follows. */
const TYPING_MS = 30_000;

/** `HTMLElement`, or a stand-in: a module that is loaded on a server, where there are no elements, must not fail. */
export const ElementBase: typeof HTMLElement =
  globalThis.HTMLElement ?? (Object as unknown as typeof HTMLElement);

/**
 * `<trunkline-chat url="…">`: a conversation. Attributes: `url`, `title`, `suggestions` (by commas),
 * `storage`, `theme`; see README.md. Tells of every frame that passes by an event `frame`.
 */
export class TrunklineChat extends ElementBase {
  /** The attributes that begin a new conversation when they change. */
  static readonly observedAttributes: readonly string[] = [
    'url',
    'title',
    'suggestions',
    'storage',
  ];

  #client: ChatClient | null = null;
  #token: TokenSource | null = null;
  #labels: ChatLabels = ENGLISH;
  #end: () => void = () => {};
  #isWaiting = false;
  #composer: Composer | null = null;

  /** Proves who the user is, where the channel asks for that. Set it before the element is in the page. */
  get token(): TokenSource | null {
    return this.#token ?? this.getAttribute('token');
  }

  set token(token: TokenSource | null) {
    this.#token = token;
    this.#restart();
  }

  /** What the element says itself: English, and whatever you set. */
  get labels(): ChatLabels {
    return this.#labels;
  }

  set labels(labels: Partial<ChatLabels>) {
    this.#labels = { ...ENGLISH, ...labels };
    this.#restart();
  }

  /** The conversation, to say something in it say; `null` while the element is in no page. */
  get client(): ChatClient | null {
    return this.#client;
  }

  /** The browser's. */
  connectedCallback(): void {
    this.#start();
  }

  /** The browser's. */
  disconnectedCallback(): void {
    this.#stop();
  }

  /** The browser's. */
  attributeChangedCallback(): void {
    this.#restart();
  }

  /** Puts the cursor into the field that one writes into. */
  override focus(): void {
    this.#composer?.focus();
  }

  #restart(): void {
    if (this.#client === null || this.#isWaiting) return;
    // Several attributes may be set in a row.
    this.#isWaiting = true;
    queueMicrotask(() => {
      this.#isWaiting = false;
      if (!this.isConnected) return;
      this.#stop();
      this.#start();
    });
  }

  #stop(): void {
    this.#end();
    this.#end = () => {};
    this.#client?.close();
    this.#client = null;
  }

  #start(): void {
    const url = this.getAttribute('url');
    if (url === null || this.#client !== null) return;
    const storage = this.getAttribute('storage');
    const client = connect({
      url,
      token: this.token,
      storage: storage === 'tab' || storage === 'none' ? storage : 'shared',
    });
    this.#client = client;
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    style(root);
    const stopFollowing = followViewport(this);
    const stopShowing = this.#show(client, root);
    this.#end = () => {
      stopFollowing();
      stopShowing();
    };
  }

  #show(client: ChatClient, root: ShadowRoot): () => void {
    const labels = this.#labels;
    const context: ViewContext = {
      labels,
      choose: (button) => {
        client.choose(button);
        // What was pressed may be gone, and the next word is often typed.
        if (!matchMedia('(pointer: coarse)').matches) composer.focus();
      },
      retry: (id) => client.retry(id),
    };
    const composer = new Composer(labels, {
      onSend: (text) => client.send(text),
      onTyping: () => client.typing(),
      onStop: () => client.cancel(),
    });
    this.#composer = composer;
    const conversation = new Conversation(context);
    const announcer = new Announcer(labels);
    const status = new Status(labels, () => client.reconnect());
    const dots = typingDots(labels);
    const words = wordsOf(this.getAttribute('suggestions'));
    const welcome = suggestions(words, labels, client, 'welcome');
    const strip = suggestions(words, labels, client, 'strip');
    strip.hidden = true;
    // What the page has put into the element: a greeting, say.
    const greeting = h('div', { class: 'greeting', part: 'greeting' }, h('slot'));
    conversation.tail.append(greeting, welcome, dots);
    root.querySelector('.frame')?.remove();
    root.append(
      h(
        'div',
        // The host's `title` would be shown as a tool tip all over it.
        { class: 'frame', title: '' },
        header(this.getAttribute('title')),
        status.node,
        conversation.node,
        announcer.node,
        strip,
        composer.node,
      ),
    );

    let isTyping = false;
    let typingTimer: ReturnType<typeof setTimeout> | undefined;
    const setTyping = (is: boolean): void => {
      isTyping = is;
      clearTimeout(typingTimer);
      if (is) typingTimer = setTimeout(() => setTyping(false), TYPING_MS);
      dots.hidden = !is;
      composer.canStop = is || isStreaming(client.transcript);
    };
    // Until the server has told what was said before, nothing is news.
    let openedAt = 0;
    const draw = later(() => {
      const { transcript } = client;
      conversation.show(transcript);
      announcer.show(transcript, openedAt === 0 || performance.now() - openedAt < 1_000);
      const isEmpty = transcript.entries.length === 0;
      greeting.hidden = !isEmpty;
      welcome.hidden = !isEmpty || words.length === 0;
      strip.hidden =
        isEmpty || words.length === 0 || this.getAttribute('suggestions-stay') === null;
      composer.canStop = isTyping || isStreaming(transcript);
    });
    const onState = (state: ClientState): void => {
      status.state = state;
      this.setAttribute('data-state', state);
    };
    const ends = [
      client.on('transcript', draw.soon),
      client.on('message', (frame) => {
        if (frame.type !== 'user') setTyping(false);
        this.dispatchEvent(new CustomEvent('message', { detail: frame }));
      }),
      client.on('typing', () => setTyping(true)),
      client.on('state', onState),
      client.on('session', () => (openedAt ||= performance.now())),
      client.on('error', ({ message, id }) => {
        // A message that failed says so itself.
        if (id === undefined) status.fail(message);
      }),
      client.on('frame', (frame) => {
        this.dispatchEvent(new CustomEvent('frame', { detail: frame }));
      }),
    ];
    setTyping(false);
    onState(client.state);
    draw.soon();
    return () => {
      draw.cancel();
      clearTimeout(typingTimer);
      for (const end of ends) end();
    };
  }
}

/** A sheet that is adopted needs no leave of a page's Content-Security-Policy. */
function style(root: ShadowRoot): void {
  if (root.adoptedStyleSheets.length > 0) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLES);
  root.adoptedStyleSheets = [sheet];
}

function header(title: string | null): HTMLElement | null {
  if (title === null || title === '') return null;
  return h(
    'div',
    { class: 'header', part: 'header' },
    h('h2', { class: 'title', part: 'title' }, title),
  );
}

function typingDots(labels: ChatLabels): HTMLElement {
  return h(
    'div',
    { class: 'bubble typing', part: 'typing', role: 'img', 'aria-label': labels.typing },
    ...[1, 2, 3].map(() => h('i')),
  );
}

function wordsOf(list: string | null): string[] {
  return (list ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

function suggestions(
  words: string[],
  labels: ChatLabels,
  client: ChatClient,
  place: 'welcome' | 'strip',
): HTMLElement {
  const button = (word: string): HTMLElement =>
    h(
      'button',
      { type: 'button', class: 'button', part: 'suggestion', onclick: () => client.send(word) },
      word,
    );
  return h(
    'div',
    {
      class: `buttons suggestions ${place}`,
      part: 'suggestions',
      role: 'group',
      'aria-label': labels.suggestions,
    },
    ...words.map(button),
  );
}

function isStreaming({ entries }: Transcript): boolean {
  return entries.some((entry) => entry.kind === 'stream' && entry.state === 'open');
}

/** Once a frame of the screen, however often it is asked for; and in a page that nobody sees as well. */
function later(run: () => void): { soon: () => void; cancel: () => void } {
  let cancel: (() => void) | null = null;
  const now = (): void => {
    cancel = null;
    run();
  };
  return {
    soon: () => {
      if (cancel !== null) return;
      const frame = requestAnimationFrame(() => {
        clearTimeout(timer);
        now();
      });
      const timer = setTimeout(() => {
        cancelAnimationFrame(frame);
        now();
      }, 200);
      cancel = () => {
        cancelAnimationFrame(frame);
        clearTimeout(timer);
      };
    },
    cancel: () => cancel?.(),
  };
}
