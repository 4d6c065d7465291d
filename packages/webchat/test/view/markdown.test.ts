// @vitest-environment jsdom
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderMarkdown } from '../../src/view/markdown.ts';

function html(text: string): string {
  const box = document.createElement('div');
  box.append(renderMarkdown(text));
  return box.innerHTML.trim();
}

function elements(text: string): Element[] {
  return [...renderMarkdown(text).querySelectorAll('*')];
}

describe('Markdown', () => {
  it.each([
    ['**bold** *it* `code`', '<p><strong>bold</strong> <em>it</em> <code>code</code></p>'],
    ['one\ntwo', '<p>one<br>two</p>'],
    ['<b>bold</b>', '<p><b>bold</b></p>'],
    ['<T>\n<U>', '<p>&lt;T&gt;<br>&lt;U&gt;</p>'],
    ['a < b & c', '<p>a &lt; b &amp; c</p>'],
  ])('%s', (text, expected) => {
    expect(html(text)).toBe(expected);
  });

  it('has links that open beside the page and do not reach back into it', () => {
    expect(html('[a](https://example.org/?a=1&b)')).toBe(
      '<p><a href="https://example.org/?a=1&amp;b" target="_blank" rel="noopener noreferrer">a</a></p>',
    );
  });

  it('turns images into links: nothing loads by itself', () => {
    const shown = html('![a cat](https://example.org/cat.png?secret "t")');
    expect(shown).not.toContain('<img');
    expect(shown).toContain('href="https://example.org/cat.png?secret"');
    expect(shown).toContain('>a cat<');
  });

  it('shows tables, lists and tasks', () => {
    expect(html('|a|b|\n|-|-|\n|1|2|')).toContain('<td>1</td>');
    expect(html('- [x] done\n- [ ] open')).toMatch(/☑ .*done[^]*☐ .*open/);
    expect(html('- [x] done')).not.toContain('<input');
  });

  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<svg onload=alert(1)><a xlink:href="javascript:alert(1)">x</a></svg>',
    '<a href="javascript:alert(1)">x</a>',
    '[x](javascript:alert(1))',
    '[x](&#x6A;avascript:alert(1))',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    '<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>',
    '<p style="x" class="log" id="x" name="x" part="x" slot="x">x</p>',
    '<style>*{}</style><link rel=stylesheet href=x><meta http-equiv=refresh><base href=x>',
    '<iframe srcdoc="x"></iframe><object></object><embed><video><audio><template>x</template>',
  ])('makes nothing of %s', (text) => {
    const shown = elements(text);
    const names = shown.map(({ localName }) => localName);
    expect(names.filter((name) => !['p', 'a', 'div', 'table'].includes(name))).toEqual([]);
    const attributes = shown.flatMap((node) => [...node.attributes].map(({ name }) => name));
    // Of the box that a wide table is put into.
    expect(attributes.filter((name) => !['class', 'tabindex'].includes(name))).toEqual([]);
    expect(shown.filter(({ className }) => !['', 'wide'].includes(className))).toEqual([]);
  });

  // "Use List<String>" was read as "Use List", and "/order <size>" as "/order".
  it.each([
    ['Use `a` or List<String>', 'Use a or List<String>'],
    ['Say /order <your size>, <B-name>', 'Say /order <your size>, <B-name>'],
    ['<config>\n  <item>1</item>\n</config>', '<config>\n  <item>1</item>\n</config>'],
    ['<pre>a <T></pre>', '<pre>a <T></pre>'],
    ['<script>alert(1)</script>', '<script>alert(1)</script>'],
    ['a <!-- b --> c <?d?>', 'a <!-- b --> c <?d?>'],
    ['<B>b</B> <H1>not a heading</H1>', 'b not a heading'],
  ])('shows what is no Markdown as it is: %s', (text, expected) => {
    const shown = renderMarkdown(text);
    for (const line of shown.querySelectorAll('br')) line.replaceWith('\n');
    expect(shown.textContent.trim()).toBe(expected);
  });

  it('does not fail on anything', { timeout: 60_000 }, () => {
    const sign = fc.constantFrom(
      ...'<>[]()!*_`~#|-"\'&;:/= \nax1'.split(''),
      'javascript:',
      '<img ',
      'onerror=',
      '<svg>',
      '</',
    );
    fc.assert(
      fc.property(fc.array(sign, { maxLength: 60 }), (signs) => {
        const box = document.createElement('div');
        box.append(renderMarkdown(signs.join('')));
        expect(box.querySelector('img, svg, script, style, form, input')).toBeNull();
        for (const link of box.querySelectorAll('a[href]')) {
          expect(link.getAttribute('href')).toMatch(/^(https?|mailto|tel):/);
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['a text', 'a\n\n'.repeat(20_000)],
    ['a paragraph', '_a_b'.repeat(3_000)],
    ['a depth of quotes', '> '.repeat(20_000)],
    ['a depth of lists', `${'- '.repeat(150)}x`],
  ])('shows %s that would take long as it is', (_what, text) => {
    const before = process.cpuUsage();
    const { firstElementChild: shown, childElementCount: count } = renderMarkdown(text);
    expect([count, shown?.className, shown?.textContent]).toEqual([1, 'plain', text]);
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(1_000);
  });

  it('reads long texts of many paragraphs', () => {
    expect(html(`**a** ${'word '.repeat(200)}\n\n`.repeat(20))).not.toContain('plain');
  });
});
