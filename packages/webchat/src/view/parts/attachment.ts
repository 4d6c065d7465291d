import { isObject } from '../../frames.ts';
import type { AttachmentFrame } from '../../wire.ts';
import type { ViewContext } from '../context.ts';
import { h, icon, ICONS } from '../dom.ts';
import { safeLink } from '../links.ts';
import { renderJson } from './custom.ts';

/** Signs that turn the direction of a text around: with them, `exe.jpg` can be the name of a program. */
const TURNS = /\p{Bidi_Control}/gu;

/** A file as a link with its name and type; JSON of another form as it is. */
export function renderAttachment(
  { attachment }: AttachmentFrame,
  context: ViewContext,
): HTMLElement {
  const { labels } = context;
  const href = isObject(attachment) ? safeLink(attachment['url']) : null;
  if (href === null || !isObject(attachment)) return renderJson(attachment, context);
  const { name, title, mimeType } = attachment;
  const label = [name, title, nameOf(href)]
    .map((text) => (typeof text === 'string' ? text.replaceAll(TURNS, '') : ''))
    .find((text) => text !== '');
  return h(
    'a',
    { class: 'file', part: 'attachment', href, target: '_blank', rel: 'noopener noreferrer' },
    icon(ICONS.file),
    h(
      'span',
      { class: 'file-text' },
      h('span', { class: 'file-name' }, label ?? labels.file),
      typeof mimeType === 'string' ? h('span', { class: 'file-type' }, mimeType) : null,
      h('span', { class: 'hidden' }, ` (${labels.newTab})`),
    ),
  );
}

/** The last part of an address. */
export function nameOf(address: string): string {
  if (!URL.canParse(address, document.baseURI)) return '';
  const { protocol, pathname } = new URL(address, document.baseURI);
  if (!protocol.startsWith('http')) return '';
  const name = pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
