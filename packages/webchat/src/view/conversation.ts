import type { Entry, Transcript } from '../transcript.ts';
import type { ViewContext } from './context.ts';
import { focused, h, icon, ICONS } from './dom.ts';
import { renderMessage } from './message.ts';
import { renderNotice } from './parts/notice.ts';
import { renderStream } from './parts/stream.ts';
import { renderUser } from './parts/user.ts';

/** How far from the end one still reads along, in pixels. */
const NEAR_PX = 60;

/** What is shown of an entry, and of which one. */
interface Row {
  node: HTMLElement;
  entry: Entry;
  isAnswered: boolean;
}

/** The list of what was said. Only what has changed is drawn again, and where the reader is stays. */
export class Conversation {
  readonly node: HTMLElement;
  /** Has a place at the end: dots, suggestions. */
  readonly tail: HTMLElement;
  readonly #context: ViewContext;
  readonly #list: HTMLElement;
  readonly #log: HTMLElement;
  readonly #jump: HTMLElement;
  #rows = new Map<string, Row>();
  #isAtEnd = true;
  /** Where the list stood when we last looked. */
  #top = 0;

  constructor(context: ViewContext) {
    const { labels } = context;
    this.#context = context;
    this.#list = h('div', { class: 'list' });
    this.tail = h('div', { class: 'tail' });
    this.#log = h(
      'div',
      // What is new is said by the announcer: a stream would be read out letter by letter here.
      {
        class: 'log',
        part: 'log',
        role: 'log',
        'aria-live': 'off',
        'aria-label': labels.conversation,
        tabindex: '0',
      },
      this.#list,
      this.tail,
    );
    this.#jump = h(
      'button',
      { type: 'button', class: 'jump', part: 'jump', onclick: () => this.scrollToEnd() },
      icon(ICONS.down),
      labels.newMessages,
    );
    this.#jump.hidden = true;
    this.#log.addEventListener('scroll', () => this.#onScroll(), { passive: true });
    // Images that load and phones that open their keyboard move the end.
    const observer = new ResizeObserver(() => this.#follow());
    observer.observe(this.#log);
    observer.observe(this.#list);
    observer.observe(this.tail);
    this.node = h('div', { class: 'conversation' }, this.#log, this.#jump);
  }

  /** Draws. */
  show({ entries }: Transcript): void {
    const lastUser = entries.findLastIndex(({ kind }) => kind === 'user');
    const rows = new Map<string, Row>();
    let hasNew = false;
    let before: Element | null = this.#list.firstElementChild;
    entries.forEach((entry, i) => {
      const known = this.#rows.get(entry.key);
      hasNew ||= known === undefined;
      const row = this.#draw(entry, i < lastUser, known);
      rows.set(entry.key, row);
      if (row.node === before) before = before.nextElementSibling;
      else this.#list.insertBefore(row.node, before);
    });
    for (const [key, { node }] of this.#rows) if (!rows.has(key)) node.remove();
    this.#rows = rows;
    const isOurs = hasNew && entries.at(-1)?.kind === 'user' && entries.at(-1)?.seq === null;
    if (isOurs) this.#isAtEnd = true;
    this.#follow();
    if (hasNew && !this.#isAtEnd) this.#jump.hidden = false;
  }

  /** Shows the end, and goes on following it. */
  scrollToEnd(): void {
    this.#isAtEnd = true;
    this.#follow();
    this.#log.focus({ preventScroll: true });
  }

  #draw(entry: Entry, isAnswered: boolean, known: Row | undefined): Row {
    if (known?.entry === entry && known.isAnswered === isAnswered) return known;
    const isOnlyAnswered = known?.entry === entry && !hasQuickReplies(entry);
    if (known !== undefined && isOnlyAnswered) return { ...known, isAnswered };
    const node =
      known?.node ?? h('article', { class: `entry ${entry.kind}`, part: `entry ${entry.kind}` });
    const hadFocus = node.contains(focused(node));
    node.replaceChildren(...this.#contentOf(entry, isAnswered));
    // What had the focus is gone: the list has it next, not the page.
    if (hadFocus) this.#log.focus({ preventScroll: true });
    return { node, entry, isAnswered };
  }

  #contentOf(entry: Entry, isAnswered: boolean): Node[] {
    const { labels } = this.#context;
    if (entry.kind === 'gap' || entry.kind === 'anew') return [renderNotice(entry, this.#context)];
    const who = entry.kind === 'user' ? labels.you : labels.assistant;
    const content = this.#bodyOf(entry, isAnswered);
    const name = h('span', { class: 'hidden' }, `${who}: `);
    return content === null ? [name] : [name, content];
  }

  #bodyOf(entry: Exclude<Entry, { kind: 'gap' | 'anew' }>, isAnswered: boolean): Node | null {
    switch (entry.kind) {
      case 'message':
        return renderMessage(entry.frame, this.#context, isAnswered);
      case 'stream':
        return renderStream(entry, this.#context);
      case 'user':
        break;
    }
    return renderUser(entry, this.#context);
  }

  #onScroll(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#log;
    const isNear = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    // Only who scrolls back leaves the end: it can also move away, by a keyboard that opens or by a
    // text that grows, and the event of our own scrolling may come after that.
    if (isNear) this.#isAtEnd = true;
    else if (scrollTop < this.#top) this.#isAtEnd = false;
    this.#top = scrollTop;
    if (this.#isAtEnd) this.#jump.hidden = true;
  }

  #follow(): void {
    if (!this.#isAtEnd) return;
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#top = this.#log.scrollTop;
  }
}

function hasQuickReplies(entry: Entry): boolean {
  return entry.kind === 'message' && entry.frame.type === 'quick_replies';
}
