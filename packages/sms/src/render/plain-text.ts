import { lexer, walkTokens, type Token, type Tokens } from 'marked';

/** Without any of these, Markdown reads as what it is: lists look the same. */
const MAY_BE_MARKDOWN = /[*_`~#>|[\\&<]|^ {0,3}[=-]{2,}\s*$/m;

/** Beyond this many characters a text is left as it is: what is meant badly could take seconds. */
const MAX_PARSED = 10_000;

/** Markdown as plain text: its marks are gone, links stay, what is in them is shown. */
export function plainText(markdown: string): string {
  if (markdown.length > MAX_PARSED || !MAY_BE_MARKDOWN.test(markdown)) return markdown;
  const plain = withoutMarks(markdown);
  // A picture without a name, or a rule: better its Markdown than nothing.
  return plain === '' ? markdown : plain;
}

function withoutMarks(markdown: string): string {
  try {
    return blocks(withoutUsed(lexer(markdown))).trim();
  } catch (error) {
    // Nested deeper than the parser's stack: nobody has written that to be read.
    if (error instanceof RangeError) return '';
    throw error;
  }
}

/** Blocks without the addresses of links (`[1]: https://…`) that the links themselves show. */
function withoutUsed(tokens: Token[]): Token[] {
  if (!tokens.some(({ type }) => type === 'def')) return tokens;
  const used = new Set<unknown>();
  // What the callback gives is nothing to wait for.
  void walkTokens(tokens, (token) => {
    if (token.type === 'link' || token.type === 'image') used.add(token.href);
  });
  const isUsed = (token: Token | undefined): boolean =>
    token?.type === 'def' && used.has((token as Tokens.Def).href);
  // The empty line behind goes as well.
  return tokens.filter(
    (token, index) => !isUsed(token) && !(token.type === 'space' && isUsed(tokens[index - 1])),
  );
}

function blocks(tokens: readonly Token[] = []): string {
  return tokens.map((token) => block(token) + gapAfter(token)).join('');
}

/** The line breaks that follow a block, an empty line at most. */
function gapAfter({ type, raw }: Token): string {
  const breaks = type === 'space' ? raw : (/\n*$/.exec(raw)?.[0] ?? '');
  return '\n'.repeat(Math.min(2, breaks.split('\n').length - 1));
}

function block(token: Token): string {
  switch (token.type) {
    case 'space':
    case 'hr':
      return '';
    case 'def':
      return token.raw.trimEnd();
    case 'code':
      return token.text;
    case 'list':
      return list(token as Tokens.List);
    case 'blockquote':
      return blocks(token.tokens).trimEnd();
    case 'table':
      return table(token as Tokens.Table);
    case 'html':
      return html(token.text).trimEnd();
    default:
      return inline(token);
  }
}

function list({ items, ordered, start }: Tokens.List): string {
  const lines = items.map((item, index) => {
    const mark = ordered ? `${(start === '' ? 1 : start) + index}. ` : '- ';
    const box = item.task ? (item.checked ? '[x] ' : '[ ] ') : '';
    // A list within an item has no line break of its own before it.
    const parts = item.tokens.map((token) => block(token).trim()).filter((part) => part !== '');
    return mark + box + parts.join('\n').replaceAll('\n', '\n  ');
  });
  return lines.join('\n');
}

function table({ header, rows }: Tokens.Table): string {
  return [header, ...rows]
    .map((row) => row.map((cell) => inlines(cell.tokens)).join(' | '))
    .join('\n');
}

function inlines(tokens: readonly Token[] = []): string {
  return tokens.map(inline).join('');
}

function inline(token: Token): string {
  switch (token.type) {
    case 'link':
    case 'image':
      return link(token as Tokens.Link | Tokens.Image);
    case 'br':
      return '\n';
    case 'checkbox':
      // Said by the list.
      return '';
    case 'html':
      return html(token.text);
    case 'codespan':
    case 'escape':
      return token.text;
    case 'text':
      return token.tokens === undefined ? unescaped(token.text) : inlines(token.tokens);
    default:
      return 'tokens' in token ? inlines(token.tokens) : token.raw;
  }
}

/** What a link says and where it leads; once, where both are the same. */
function link({ href, text, tokens }: Tokens.Link | Tokens.Image): string {
  const title = tokens === undefined ? text : inlines(tokens);
  const isSame =
    title === '' ||
    href.replace(/^(?:mailto:|https?:\/\/)/, '') === title.replace(/^https?:\/\//, '');
  return isSame ? title || href : `${title} (${href})`;
}

/** HTML is left as it is, since `<name>` is it too; but a line break is one. */
function html(text: string): string {
  return text.replace(/<br\s*\/?>/gi, '\n');
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  nbsp: ' ',
};

function unescaped(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (all, name: string) => ENTITIES[name] ?? all);
}
