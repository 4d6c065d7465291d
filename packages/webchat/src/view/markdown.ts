import createDOMPurify, { type Config, type DOMPurify } from 'dompurify';
import { getDefaults, Lexer, Parser, Renderer, type Tokens } from 'marked';
import { safeLink } from './links.ts';

/*
 * What is beyond these is shown as it is. The parser's time grows with the square of a paragraph's
 * length and of its depth, and whoever talks the assistant into repeating something could stop the page.
 */
const MAX_LENGTH = 50_000;
const MAX_PARAGRAPH = 10_000;
const TOO_DEEP = /^(?:[ \t]*(?:[>*+-]|\d{1,9}[.)])){100}/m;

const TAGS =
  'p br hr h1 h2 h3 h4 h5 h6 blockquote pre code kbd strong b em i u s del sub sup mark a ' +
  'ul ol li table thead tbody tr th td';

/** What begins like a tag and is none of these: `List<String>`, "/order <size>". */
const OTHER_TAG = new RegExp(`<(?!/?(?:${TAGS.replaceAll(' ', '|')})(?![\\w-]))`, 'i');

class SafeRenderer extends Renderer {
  // It would be gone, and what the assistant wrote is to be read.
  override html({ text, block }: Tokens.HTML | Tokens.Tag): string {
    if (!OTHER_TAG.test(text)) return text;
    return block ? `<p>${escape(text.trim()).replaceAll('\n', '<br>')}</p>` : escape(text);
  }

  // An image that loads by itself tells its server what stands in its address: whoever talks the
  // assistant into writing one reads along. As a link it waits for the user.
  override image({ href, text }: Tokens.Image): string {
    return `<a href="${escape(href)}">${escape(text || href)}</a>`;
  }

  override checkbox({ checked }: Tokens.Checkbox): string {
    return checked ? '☑ ' : '☐ ';
  }
}

/** What Markdown can say, and nothing more. No `id` and no `class`: nothing can pose as a part of ours. */
const ALLOWED: Config = {
  ALLOWED_TAGS: TAGS.split(' '),
  ALLOWED_ATTR: ['href', 'start', 'align'],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  // A tree, not a text: what was looked at is what is shown, and is not parsed a second time.
  RETURN_DOM_FRAGMENT: true,
};

let purifier: DOMPurify | null = null;

/** Markdown as nodes in which nothing can run and nothing loads by itself. */
export function renderMarkdown(text: string): DocumentFragment {
  if (!isReadable(text)) return plain(text);
  let html: string;
  try {
    // The parts of `marked`, and not its front: that is for those who extend it, and much of its size.
    const options = { ...getDefaults(), breaks: true, renderer: new SafeRenderer() };
    html = Parser.parse(Lexer.lex(text, options), options);
  } catch {
    // Whatever the parser does not get through.
    return plain(text);
  }
  // When it is used first: a module that is only loaded, on a server say, has no window.
  purifier ??= createDOMPurify(window);
  // See RETURN_DOM_FRAGMENT. Nothing where a page that asks for trusted types lets it read no HTML.
  const fragment = purifier.sanitize(html, ALLOWED) as unknown as DocumentFragment | null;
  if (fragment === null) return plain(text);
  for (const link of fragment.querySelectorAll('a')) secure(link);
  for (const table of fragment.querySelectorAll('table, pre')) makeScrollable(table);
  return fragment;
}

function isReadable(text: string): boolean {
  if (text.length > MAX_LENGTH || TOO_DEEP.test(text)) return false;
  return text.length <= MAX_PARAGRAPH || isInParagraphs(text);
}

/** Whether no part of it between two empty lines is too long. */
function isInParagraphs(text: string): boolean {
  return text.split(/\n[ \t]*\n/).every(({ length }) => length <= MAX_PARAGRAPH);
}

function secure(link: HTMLAnchorElement): void {
  const href = safeLink(link.getAttribute('href'));
  if (href === null) return link.removeAttribute('href');
  link.setAttribute('href', href);
  link.setAttribute('target', '_blank');
  link.setAttribute('rel', 'noopener noreferrer');
}

/** What is wider than the screen scrolls by itself, also by keyboard. */
function makeScrollable(element: Element): void {
  const box = document.createElement('div');
  box.className = 'wide';
  box.tabIndex = 0;
  element.replaceWith(box);
  box.append(element);
}

function plain(text: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  const paragraph = document.createElement('p');
  paragraph.className = 'plain';
  paragraph.textContent = text;
  fragment.append(paragraph);
  return fragment;
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"]/g, (sign) => `&#${sign.codePointAt(0)};`);
}
