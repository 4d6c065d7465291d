import type { Entry, Transcript } from '../transcript.ts';
import { h } from './dom.ts';
import { failureOf, type ChatLabels } from './labels.ts';
import { renderMarkdown } from './markdown.ts';

/** How many messages are there to be heard. */
const MAX_SAID = 5;

/** Says what is new to those who do not see it: whole messages, never a part of one. */
export class Announcer {
  readonly node: HTMLElement = h('div', {
    class: 'hidden',
    role: 'status',
    'aria-live': 'polite',
    // By default a status is read out as a whole: what was said before as well.
    'aria-atomic': 'false',
  });
  readonly #labels: ChatLabels;
  /** What was said of each entry; `null` where nothing was. */
  #said = new Map<string, HTMLElement | null>();

  constructor(labels: ChatLabels) {
    this.#labels = labels;
  }

  /** @param isSilent - what is there was there before, and is not read out */
  show({ entries }: Transcript, isSilent: boolean): void {
    const keys = new Set<string>();
    const news: Said[] = [];
    for (const entry of entries) {
      if (!isToBeSaid(entry)) continue;
      keys.add(entry.key);
      if (this.#said.has(entry.key)) continue;
      this.#said.set(entry.key, null);
      // What has failed has failed just now.
      if (!isSilent || entry.kind === 'user') news.push(entry);
    }
    // The last few are enough: whoever wants to read on has the list.
    for (const entry of news.slice(-MAX_SAID)) {
      const node = h('div', {}, textOf(entry, this.#labels));
      this.#said.set(entry.key, node);
      this.node.append(node);
    }
    while (this.node.childElementCount > MAX_SAID) this.node.firstElementChild?.remove();
    // What is shown no more, another user's say, is not to be heard either.
    for (const [key, node] of this.#said) {
      if (keys.has(key)) continue;
      node?.remove();
      this.#said.delete(key);
    }
  }
}

type Said = Extract<Entry, { kind: 'message' | 'stream' | 'user' }>;

/** What the user said is known to the user, unless it failed. */
function isToBeSaid(entry: Entry): entry is Said {
  if (entry.kind === 'user') return entry.status === 'failed';
  return entry.kind === 'message' || (entry.kind === 'stream' && entry.state !== 'open');
}

function textOf(entry: Said, labels: ChatLabels): string {
  if (entry.kind === 'user') return failureOf('failed', entry.code, labels);
  if (entry.kind === 'message') return `${labels.assistant}: ${contentOf(entry.frame, labels)}`;
  const said = `${labels.assistant}: ${plain(entry.text)}`;
  const { state } = entry;
  return state === 'interrupted' || state === 'stopped' ? `${said} (${labels[state]})` : said;
}

function contentOf(
  frame: Extract<Entry, { kind: 'message' }>['frame'],
  labels: ChatLabels,
): string {
  const titles = (buttons: readonly { title: string }[]): string =>
    buttons.map(({ title }) => title).join(', ');
  switch (frame.type) {
    case 'text':
      return plain(frame.text);
    case 'buttons':
      return `${plain(frame.text)} ${titles(frame.buttons)}`;
    case 'quick_replies':
      return `${plain(frame.text)} ${titles(frame.quick_replies)}`;
    case 'elements':
      return `${labels.cards}: ${frame.elements.map(({ title }) => title ?? '').join(', ')}`;
    case 'image':
      return labels.image;
    case 'attachment':
      return labels.file;
    case 'custom':
      break;
  }
  return labels.json;
}

/** Markdown without its signs. */
function plain(text: string): string {
  return renderMarkdown(text).textContent.trim();
}
