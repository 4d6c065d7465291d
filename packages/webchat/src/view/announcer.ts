import type { Entry, Transcript } from '../transcript.ts';
import { h } from './dom.ts';
import type { ChatLabels } from './labels.ts';
import { renderMarkdown } from './markdown.ts';

/** Says what is new to those who do not see it: whole messages, never a part of one. */
export class Announcer {
  readonly node: HTMLElement = h('div', { class: 'hidden', role: 'status', 'aria-live': 'polite' });
  readonly #labels: ChatLabels;
  /** What was said of each entry; `null` of those that were there before. */
  #said = new Map<string, HTMLElement | null>();

  constructor(labels: ChatLabels) {
    this.#labels = labels;
  }

  /** @param isSilent - what is there was there before, and is not read out */
  show({ entries }: Transcript, isSilent: boolean): void {
    for (const entry of entries) {
      if (this.#said.has(entry.key)) continue;
      const text = textOf(entry, this.#labels);
      if (text === null) continue;
      const node = isSilent ? null : h('div', {}, text);
      this.#said.set(entry.key, node);
      if (node === null) continue;
      this.node.append(node);
      // The last few are enough: whoever wants to read on has the list.
      while (this.node.childElementCount > 5) this.node.firstElementChild?.remove();
    }
    // What is shown no more, another user's say, is not to be heard either.
    const keys = new Set(entries.map(({ key }) => key));
    for (const [key, node] of this.#said) {
      if (keys.has(key)) continue;
      node?.remove();
      this.#said.delete(key);
    }
  }
}

function textOf(entry: Entry, labels: ChatLabels): string | null {
  if (entry.kind === 'stream') {
    const { state, text } = entry;
    if (state === 'open') return null;
    const said = `${labels.assistant}: ${plain(text)}`;
    return state === 'done' ? said : `${said} (${labels[state]})`;
  }
  if (entry.kind !== 'message') return null;
  return `${labels.assistant}: ${contentOf(entry.frame, labels)}`;
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
