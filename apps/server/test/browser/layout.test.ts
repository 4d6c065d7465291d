import { describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { bubbles, hear, inChat, input, say, shot } from './support/browser.ts';
import { anotherTab, siteForEach, visit } from './support/visit.ts';

const PHONE = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true } as const;

describe('the look of the chat page', { timeout: 30_000 }, () => {
  siteForEach();

  async function converse(page: Page): Promise<void> {
    for (const [word, sign] of [
      ['buttons', 'Which way?'],
      ['file', 'pizza.svg'],
      ['json', 'mood'],
      ['cards', '30 cm'],
    ] as const) {
      await say(page, word);
      await page.locator('trunkline-chat').getByText(sign).last().waitFor();
    }
  }

  it.each([360, 320])('fits on a screen of %d pixels', async (width) => {
    const page = await visit({ ...PHONE, viewport: { width, height: 640 } });
    await shot(page, `40-phone-${width}-empty`);
    expect(await page.getByRole('complementary', { name: 'Frames' }).isVisible()).toBe(false);
    await converse(page);
    await shot(page, `41-phone-${width}`);
    expect(await page.evaluate(OVERFLOW)).toBeLessThanOrEqual(0);
    // Nothing that is pressed is smaller than a finger.
    const small = await page.evaluate<string[]>(
      `[...document.querySelector('trunkline-chat').shadowRoot.querySelectorAll('button, a.button, textarea')].filter((node) => { const { width, height } = node.getBoundingClientRect(); return width > 0 && (width < 44 || height < 44); }).map((node) => node.outerHTML)`,
    );
    expect(small).toEqual([]);
    const box = await input(page).boundingBox();
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(640);
  });

  it('can be read from the right: cards go on to the left, and so do the signs on their buttons', async () => {
    const page = await visit(PHONE);
    await page.evaluate("document.documentElement.dir = 'rtl'");
    await converse(page);
    expect(await page.evaluate(OVERFLOW)).toBeLessThanOrEqual(0);
    const next = page.getByRole('button', { name: 'Next cards' });
    const previous = page.getByRole('button', { name: 'Previous cards' });
    expect((await next.boundingBox())?.x).toBeLessThan((await previous.boundingBox())?.x ?? 0);
    const sign = await next.locator('svg').evaluate(scaleOf);
    expect(sign).toBe('-1 1');
    // What is said has its own direction: it is not "cm 30".
    const [first, last] = await page.getByText('30 cm', { exact: true }).evaluate(placesOf);
    expect(first).toBeLessThan(last);
    await next.click();
    await expect
      .poll(() => page.getByRole('list', { name: 'Cards' }).evaluate(leftOf))
      .toBeLessThan(0);
    await shot(page, '46-phone-rtl');
  });

  it('is as large as the reader has asked the browser for, and fits', async () => {
    const page = await visit({ viewport: { width: 360, height: 640 } });
    const session = await page.context().newCDPSession(page);
    await session.send('Page.setFontSizes', { fontSizes: { standard: 28 } });
    await converse(page);
    await shot(page, '48-large-font');
    // In its bubble: where the page was slow, it is read out as well.
    const said = bubbles(page).getByText('Which way?');
    expect(await said.evaluate(fontSizeOf)).toBe('28px');
    expect(await page.evaluate(OVERFLOW)).toBeLessThanOrEqual(0);
  });

  it.each([
    ['200 % of 1280 pixels', 640, 400],
    ['400 % of 1280 pixels', 320, 256],
  ])('can be used at a zoom of %s', async (_what, width, height) => {
    const page = await visit({ viewport: { width, height } });
    await converse(page);
    await shot(page, `47-zoom-${width}`);
    expect(await page.evaluate(OVERFLOW)).toBeLessThanOrEqual(0);
    const log = await page.getByRole('log').boundingBox();
    expect(log?.height).toBeGreaterThan(60);
    const field = await input(page).boundingBox();
    expect((field?.y ?? 0) + (field?.height ?? 0)).toBeLessThanOrEqual(height);
  });

  it('keeps the field above a keyboard', async () => {
    const page = await visit(PHONE);
    await converse(page);
    await page.setViewportSize({ width: 360, height: 340 });
    await expect.poll(async () => (await input(page).boundingBox())?.y).toBeLessThan(300);
    // Who has read to the end still sees it.
    await expect
      .poll(() => page.getByRole('button', { name: 'Next cards' }).evaluate(isInView))
      .toBe(true);
    await shot(page, '42-phone-keyboard');
  });

  it('follows the end when a keyboard opens while the list still moves', async () => {
    const page = await visit(PHONE);
    await converse(page);
    const log = page.getByRole('log');
    await log.evaluate(moveList, { by: -40 });
    await expect.poll(() => log.evaluate(distanceToEnd)).toBeGreaterThan(30);
    // Both in one frame: the event of the scrolling finds the smaller list.
    await log.evaluate(moveList, { by: 40, maxHeight: '150px' });
    await expect.poll(() => log.evaluate(distanceToEnd)).toBeLessThan(2);
    // Who reads further up is left there.
    await log.evaluate(moveList, { by: -200 });
    await twoFrames(page);
    await log.evaluate(moveList, { by: 0, maxHeight: '120px' });
    await twoFrames(page);
    expect(await log.evaluate(distanceToEnd)).toBeGreaterThan(190);
  });

  it('lays the page out a few times for many frames, not once for each', async () => {
    // With the frames beside it, the page took seconds to show a long conversation.
    const page = await visit({ viewport: { width: 1280, height: 800 } });
    await say(page, 'help');
    await hear(page, 'Say one of these');
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Performance.enable');
    const layouts = async (): Promise<number> => {
      const { metrics } = await devtools.send('Performance.getMetrics');
      return metrics.find(({ name }) => name === 'LayoutCount')?.value ?? 0;
    };
    const before = await layouts();
    await page.evaluate(`for (let seq = 0; seq < 200; seq++) {
      const detail = { direction: 'in', frame: { type: 'pong', seq }, at: 0 };
      document.querySelector('trunkline-chat').dispatchEvent(new CustomEvent('frame', { detail }));
    }`);
    await twoFrames(page);
    expect(await layouts()).toBeLessThan(before + 20);
    expect(await page.locator('#list li').count()).toBeGreaterThan(200);
    await page.getByRole('button', { name: 'Clear' }).click();
    expect(await page.locator('#list li').count()).toBe(0);
  });

  it('shows the frames over the chat on a phone, and gives it back', async () => {
    const page = await visit(PHONE);
    await say(page, 'buttons');
    await hear(page, 'Which way?');
    await page.getByRole('button', { name: 'Frames' }).click();
    await shot(page, '43-phone-frames');
    const frames = page.getByRole('complementary', { name: 'Frames' });
    expect(await frames.boundingBox()).toMatchObject({ x: 0, y: 0, width: 360, height: 640 });
    await page.getByRole('button', { name: 'Close' }).click();
    await frames.waitFor({ state: 'hidden' });
    // It can be pressed: nothing lies over it.
    await page.getByRole('button', { name: 'Left' }).click();
    await hear(page, 'You chose Left.');
  });

  it('leaves who reads further up there, and has a button for what is new', async () => {
    const page = await visit(PHONE);
    await converse(page);
    const log = page.getByRole('log');
    const jump = page.getByRole('button', { name: 'New messages' });
    await log.evaluate(moveList, { by: -400 });
    await twoFrames(page);
    expect(await jump.isVisible()).toBe(false);
    // Said in another tab: what one says oneself is shown at once.
    await say(await anotherTab(page), 'Hello');
    await jump.waitFor();
    expect(await log.evaluate(distanceToEnd)).toBeGreaterThan(300);
    await shot(page, '45-phone-jump');
    await jump.click();
    await expect.poll(() => log.evaluate(distanceToEnd)).toBeLessThan(2);
    await jump.waitFor({ state: 'hidden' });
    expect(await inChat(page, "shadowRoot.activeElement.getAttribute('role')")).toBe('log');
  });

  it.each(['light', 'dark'] as const)('has enough contrast in %s', async (colorScheme) => {
    const page = await visit({ viewport: { width: 900, height: 900 }, colorScheme });
    await converse(page);
    await shot(page, `44-${colorScheme}`);
    const weak = await page.evaluate<string[]>(WEAK);
    expect(weak).toEqual([]);
  });

  it('moves nothing for those who asked for that', async () => {
    const page = await visit({ viewport: { width: 900, height: 700 }, reducedMotion: 'reduce' });
    await say(page, 'stream');
    await page.locator('.bubble.open').waitFor();
    const running = await page.evaluate<number>(
      `document.querySelector('trunkline-chat').shadowRoot.getAnimations().filter(({ playState }) => playState === 'running').length`,
    );
    expect(running).toBe(0);
    await hear(page, 'the last one.');
  });
});

describe('code in a text that is read from the right', { timeout: 30_000 }, () => {
  siteForEach(() => ({
    assistant: async (_message, reply) => {
      await reply.text('כתוב `ls -a;` או:\n\n```js\nrun(1);\n```\n\nובהצלחה.');
    },
  }));

  // It was ";run(1)".
  it('is read from the left', async () => {
    const page = await visit({ viewport: { width: 700, height: 500 } });
    await say(page, 'code');
    const code = page.locator('trunkline-chat .bubble code');
    await code.last().waitFor();
    await shot(page, '48-code-rtl');
    for (const each of await code.all()) {
      const [first, last] = await each.evaluate(placesOf);
      expect(first).toBeLessThan(last);
    }
  });
});

describe('a table on a phone', { timeout: 30_000 }, () => {
  const amounts = ['Amount', '1234567', '7654321', '1122334', '4433221'];
  const row = `|${amounts.join('|')}|`;

  siteForEach(() => ({
    assistant: async (_message, reply) => {
      await reply.text(`${row}\n|-|-|-|-|-|\n${row}\n\nThat was ${'x'.repeat(200)}.`);
    },
  }));

  // Its columns were as narrow as two digits, which stood below one another.
  it('scrolls, and its numbers stay whole', async () => {
    const page = await visit({ ...PHONE, viewport: { width: 320, height: 640 } });
    await say(page, 'table');
    await hear(page, 'That was');
    await shot(page, '49-phone-table');
    const lines = await page.evaluate<number[]>(
      `[...document.querySelector('trunkline-chat').shadowRoot.querySelectorAll('th, td')].map((cell) => { const range = document.createRange(); range.selectNodeContents(cell); return range.getClientRects().length; })`,
    );
    expect(lines).toEqual(Array.from({ length: 10 }, () => 1));
    expect(await page.evaluate(OVERFLOW)).toBeLessThanOrEqual(0);
  });
});

/** By how many pixels something is wider than its place. */
const OVERFLOW = `Math.max(...[document.documentElement, ...document.querySelector('trunkline-chat').shadowRoot.querySelectorAll('.log, .list, .entry')].map((node) => node.scrollWidth - node.clientWidth))`;

function leftOf(node: unknown): number {
  return (node as { scrollLeft: number }).scrollLeft;
}

/** Where the first and the last sign of a text stand, from the left. */
function placesOf(node: unknown): [number, number] {
  // What of them is used here.
  interface Span {
    setStart: (node: unknown, at: number) => void;
    setEnd: (node: unknown, at: number) => void;
    getBoundingClientRect: () => { left: number };
  }
  const { firstChild: text } = node as { firstChild: { length: number } };
  const { document } = globalThis as unknown as { document: { createRange: () => Span } };
  const leftAt = (at: number): number => {
    const span = document.createRange();
    span.setStart(text, at);
    span.setEnd(text, at + 1);
    return span.getBoundingClientRect().left;
  };
  return [leftAt(0), leftAt(text.length - 1)];
}

function scaleOf(node: unknown): string {
  return (
    globalThis as unknown as { getComputedStyle: (node: unknown) => { scale: string } }
  ).getComputedStyle(node).scale;
}

/** Runs in the page. */
function fontSizeOf(node: unknown): string {
  return (
    globalThis as unknown as { getComputedStyle: (node: unknown) => { fontSize: string } }
  ).getComputedStyle(node).fontSize;
}

/** Runs in the page. */
function isInView(node: unknown): boolean {
  // The tests' types know no browser.
  const { top, bottom } = (
    node as { getBoundingClientRect: () => { top: number; bottom: number } }
  ).getBoundingClientRect();
  return top >= 0 && bottom <= (globalThis as unknown as { innerHeight: number }).innerHeight;
}

/** What of an element these tests use: their types know no browser. */
interface List {
  scrollTop: number;
  scrollHeight: number;
  clientHeight: number;
  style: { maxHeight: string };
}

function distanceToEnd(node: unknown): number {
  const { scrollHeight, scrollTop, clientHeight } = node as List;
  return scrollHeight - scrollTop - clientHeight;
}

function moveList(node: unknown, { by, maxHeight }: { by: number; maxHeight?: string }): void {
  const list = node as List;
  list.scrollTop += by;
  if (maxHeight !== undefined) list.style.maxHeight = maxHeight;
}

async function twoFrames(page: Page): Promise<void> {
  await page.evaluate(
    'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))',
  );
}

/** Texts whose contrast with what is behind them is below 4.5 (WCAG AA). */
const WEAK = `(() => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const read = (colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((c) => c / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const parent = (node) => node.parentElement ?? node.getRootNode().host ?? null;
  const found = [];
  const root = document.querySelector('trunkline-chat').shadowRoot;
  for (const node of [...root.querySelectorAll('*'), ...document.querySelectorAll('body *')]) {
    const hasText = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim() !== '');
    const { width, height } = node.getBoundingClientRect();
    if (!hasText || width < 2 || height < 2) continue;
    const behind = [];
    for (let at = node; at !== null; at = parent(at)) behind.unshift(getComputedStyle(at).backgroundColor);
    const [a, b] = [light(read([...behind, getComputedStyle(node).color])), light(read(behind))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < 4.5) found.push(contrast.toFixed(2) + ' ' + node.outerHTML.slice(0, 80));
  }
  return found;
})()`;
