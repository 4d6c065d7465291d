import { connect, type ChatClient, type ClientState, type TokenSource } from './client.ts';
import { Chat } from './view/chat.ts';
import { ENGLISH, type ChatLabels } from './view/labels.ts';
import { STYLES } from './view/styles.ts';
import { wordsOf } from './view/suggestions.ts';
import { followViewport } from './view/viewport.ts';

// Here, and not where it is made known: this is what the types of the package lead to.
declare global {
  interface HTMLElementTagNameMap {
    'trunkline-chat': TrunklineChat;
  }
}

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
  /** The function that was last set as a token. */
  #fetchToken: Exclude<TokenSource, string> = () => '';
  #labels: ChatLabels = ENGLISH;
  #chat: Chat | null = null;
  #ends: (() => void)[] = [];
  /** Not `isConnected`: that is so before the browser has told of the attributes. */
  #isInPage = false;
  #isWaiting = false;

  /**
   * Proves who the user is, where the channel asks for that. Set it before the element is in the page. A
   * function in the place of another goes on for the same user: it is asked from the next connection on.
   */
  get token(): TokenSource | null {
    return this.#token ?? this.getAttribute('token');
  }

  set token(token: TokenSource | null) {
    const before = this.#token;
    this.#token = token;
    let isSame = token === before;
    if (typeof token === 'function') {
      this.#fetchToken = token;
      isSame = typeof before === 'function';
    }
    // Frameworks set everything again that they draw, and functions that they have made anew.
    if (isSame && this.#client?.state !== 'closed') return;
    // It may be somebody else's now.
    this.#chat?.clear();
    this.#restart();
  }

  /** What the element says itself: English, and whatever you set. */
  get labels(): ChatLabels {
    return this.#labels;
  }

  set labels(labels: Partial<ChatLabels>) {
    const before = JSON.stringify(this.#labels);
    this.#labels = { ...ENGLISH, ...labels };
    if (JSON.stringify(this.#labels) !== before) this.#restart();
  }

  /** The conversation, to say something in it say; `null` while the element is in no page. */
  get client(): ChatClient | null {
    return this.#isInPage ? this.#client : null;
  }

  /** The browser's. */
  connectedCallback(): void {
    this.#isInPage = true;
    this.#start();
  }

  /** The browser's. */
  disconnectedCallback(): void {
    this.#isInPage = false;
    // To be moved is to be taken out and put in at once, and no reason to begin anew.
    queueMicrotask(() => {
      if (this.#isInPage) return;
      this.#stop();
      // Who logs out meanwhile, in another tab say, is not heard of here.
      this.#chat?.clear();
    });
  }

  /** The browser's. */
  attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
    if (before !== after) this.#restart();
  }

  /** Puts the cursor into the field that one writes into. */
  override focus(): void {
    this.#chat?.focus();
  }

  /**
   * Logs out: closes, and forgets the conversation, its token, what is being written and all that waits to
   * be sent. Set {@link TrunklineChat.token} to begin anew, to `null` where users do not sign in.
   */
  forget(): void {
    // It tells of it, and the element forgets then: whoever is told may set the next token.
    if (this.#client !== null) return this.#client.forget();
    this.#connect()?.forget();
    this.#leave();
  }

  /** The user has gone, here or in another tab. */
  #leave(): void {
    this.#chat?.clear();
    this.#token = null;
    this.removeAttribute('token');
  }

  #restart(): void {
    // It begins when it comes back.
    if (!this.#isInPage) return this.#stop();
    if (this.#isWaiting) return;
    // Several attributes may be set in a row.
    this.#isWaiting = true;
    queueMicrotask(() => {
      this.#isWaiting = false;
      if (!this.#isInPage) return;
      this.#stop();
      this.#start();
    });
  }

  #stop(): void {
    for (const end of this.#ends.splice(0)) end();
    this.#chat?.end();
    this.#client?.close();
    this.#client = null;
  }

  #connect(): ChatClient | null {
    const url = this.getAttribute('url');
    if (url === null) return null;
    const storage = this.getAttribute('storage');
    const { token } = this;
    return connect({
      url,
      token: typeof token === 'function' ? () => this.#fetchToken() : token,
      storage: storage === 'tab' || storage === 'none' ? storage : 'shared',
    });
  }

  #start(): void {
    if (this.#client !== null) return;
    const client = this.#connect();
    if (client === null) return;
    const chat = new Chat({
      client,
      labels: this.#labels,
      title: this.getAttribute('title'),
      suggestions: wordsOf(this.getAttribute('suggestions')),
      keepsSuggestions: () => this.getAttribute('suggestions-stay') !== null,
    });
    const draft = this.#chat?.draft ?? '';
    this.#client = client;
    this.#chat = chat;
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    style(root);
    root.replaceChildren(chat.node);
    // Not before: how high it is shows in the page.
    chat.draft = draft;
    const onState = (state: ClientState): void => this.setAttribute('data-state', state);
    onState(client.state);
    this.#ends = [
      followViewport(this),
      client.on('state', onState),
      client.on('message', (frame) => {
        this.dispatchEvent(new CustomEvent('message', { detail: frame }));
      }),
      client.on('frame', (frame) => {
        this.dispatchEvent(new CustomEvent('frame', { detail: frame }));
      }),
      client.on('forgotten', () => {
        this.#leave();
        this.dispatchEvent(new Event('forgotten'));
      }),
    ];
  }
}

/** A sheet that is adopted needs no leave of a page's Content-Security-Policy. */
function style(root: ShadowRoot): void {
  if (root.adoptedStyleSheets.length > 0) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLES);
  root.adoptedStyleSheets = [sheet];
}
