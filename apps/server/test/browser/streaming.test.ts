import { setImmediate as breathe } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { deferred, type Deferred } from '../../../../scripts/test-support/deferred.ts';
import { bubbles, CONNECTED, hear, say, shot } from './support/browser.ts';
import { anotherTab, site, siteForEach, visit } from './support/visit.ts';

const CHUNKS = 1_000;
const words = Array.from({ length: CHUNKS }, (_, i) => `word${i} `);

describe('a stream in the chat page', { timeout: 60_000 }, () => {
  let page: Page;
  /** The next pieces wait for it. */
  let gates: Deferred<void>[];
  let isOver: boolean;

  siteForEach(() => ({
    assistant: async (message, reply) => {
      const stream = {
        gated: () => gated(['One ', 'two ', 'three.']),
        long,
        endless: () => endless(reply.signal),
      }[message.text ?? ''];
      if (stream !== undefined) {
        await reply.stream(stream());
      } else if (message.text === 'think') {
        await reply.typing();
        await pass();
        await reply.text('Thought.');
      } else {
        await reply.text(`You said: ${message.text}`);
      }
    },
  }));
  beforeEach(async () => {
    gates = [];
    isOver = false;
    page = await visit({ viewport: { width: 900, height: 700 } });
    return () => {
      isOver = true;
      for (const gate of gates) gate.resolve();
    };
  });

  async function pass(): Promise<void> {
    if (isOver) return;
    const gate = deferred();
    gates.push(gate);
    await gate.promise;
  }

  async function* gated(pieces: string[]): AsyncGenerator<string> {
    for (const piece of pieces) {
      yield piece;
      await pass();
    }
  }

  /** Some at a time, and whoever holds a gate decides when it goes on. */
  async function* long(): AsyncGenerator<string> {
    for (const [i, word] of words.entries()) {
      yield word;
      if (i % 90 === 89) await pass();
      else await breathe();
    }
  }

  async function* endless(signal: AbortSignal): AsyncGenerator<string> {
    while (!signal.aborted && !isOver) {
      yield 'more ';
      await pass();
      signal.throwIfAborted();
    }
  }

  const last = async (): Promise<string> => (await bubbles(page).last().innerText()).trim();

  it('grows piece by piece, with a cursor while it does', async () => {
    await say(page, 'gated');
    await expect.poll(last).toBe('One');
    const open = page.locator('.bubble.open');
    await open.waitFor();
    await page.getByRole('button', { name: 'Stop' }).waitFor();
    await shot(page, '10-stream');
    gates[0]?.resolve();
    await expect.poll(last).toBe('One two');
    gates[1]?.resolve();
    await expect.poll(last).toBe('One two three.');
    // It is read out as a whole, once it is one. What comes in a page's first second was said before.
    const announced = page.locator('trunkline-chat [aria-live=polite]');
    expect(await announced.textContent()).not.toContain('two');
    const now = (): Promise<number> => page.evaluate('performance.now()');
    const shownAt = await now();
    await expect.poll(now, { timeout: 10_000 }).toBeGreaterThan(shownAt + 1_000);
    await expect.poll(() => gates.length).toBe(3);
    gates[2]?.resolve();
    await open.waitFor({ state: 'detached' });
    await expect.poll(() => announced.textContent()).toBe('Assistant: One two three.');
    await page.getByRole('button', { name: 'Stop' }).waitFor({ state: 'hidden' });
  });

  it('shows dots while the assistant thinks', async () => {
    await say(page, 'think');
    const dots = page.getByRole('img', { name: 'The assistant is typing' });
    await dots.waitFor();
    await shot(page, '11-typing');
    gates[0]?.resolve();
    await hear(page, 'Thought.');
    await dots.waitFor({ state: 'hidden' });
  });

  it('goes on after a reload in the middle', async () => {
    await say(page, 'gated');
    await expect.poll(last).toBe('One');
    gates[0]?.resolve();
    await expect.poll(last).toBe('One two');
    await page.reload();
    await expect.poll(last).toBe('One two');
    gates[1]?.resolve();
    await expect.poll(last).toBe('One two three.');
    await expect.poll(() => gates.length).toBe(3);
    gates[2]?.resolve();
    await page.locator('.bubble.done').waitFor();
    expect(await page.locator('.entry').allInnerTexts()).toEqual([
      expect.stringContaining('gated'),
      expect.stringContaining('One two three.'),
    ]);
  });

  it('is whole when the socket was cut ten times', async () => {
    await say(page, 'long');
    for (let cuts = 0; cuts < 10; cuts++) {
      await expect.poll(() => gates.length, { timeout: 10_000 }).toBe(cuts + 1);
      if (cuts % 2 === 0) await expect.poll(last).toContain(`word${cuts * 90 + 80}`);
      // At once when it is there again, in the middle of its handshake say.
      await expect.poll(() => site.cut(), { interval: 5, timeout: 15_000 }).toBe(1);
      gates[cuts]?.resolve();
    }
    await expect.poll(() => gates.length, { timeout: 10_000 }).toBe(11);
    gates[10]?.resolve();
    await page.locator('.bubble.done').waitFor({ timeout: 30_000 });
    expect(await last()).toBe(words.join('').trim());
    expect(await page.locator('.entry').count()).toBe(2);
  });

  it('is ended by the button, and says so', async () => {
    await say(page, 'endless');
    await expect.poll(last).toBe('more');
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.locator('.bubble.open').waitFor({ state: 'detached' });
    await page.locator('.status').getByText('Stopped').waitFor();
    await shot(page, '12-stopped');
    await page.reload();
    await page.locator('.status').getByText('Stopped').waitFor();
  });

  it('is seen in two tabs, and so is what is said in either', async () => {
    await say(page, 'first');
    await hear(page, 'You said: first');
    const other = await anotherTab(page);
    await hear(other, 'You said: first');
    await say(other, 'gated');
    await expect.poll(last).toBe('One');
    gates[0]?.resolve();
    await expect.poll(last).toBe('One two');
    for (const i of [1, 2]) {
      await expect.poll(() => gates.length).toBe(i + 1);
      gates[i]?.resolve();
    }
    await page.locator('.bubble.done').waitFor();
    await other.locator('.bubble.done').waitFor();
    const texts = await page.locator('.entry').allInnerTexts();
    expect(texts).toHaveLength(4);
    expect(await other.locator('.entry').allInnerTexts()).toEqual(texts);
  });

  // A network that goes away closes no socket: until its next ping, up to 40 s, the page said nothing.
  it('says that there is no connection when the browser says so, and no answer comes', async () => {
    await page.locator(CONNECTED).waitFor();
    await page.context().setOffline(true);
    // A client gives the server 5 s to answer.
    await page.getByText('No connection. Trying again').waitFor({ timeout: 20_000 });
    await page.context().setOffline(false);
    await page.locator(CONNECTED).waitFor();
  });

  it('sends what was written without a connection, once there is one', async () => {
    await say(page, 'first');
    await hear(page, 'You said: first');
    await page.context().setOffline(true);
    site.cut();
    await page.locator(CONNECTED).waitFor({ state: 'detached' });
    await say(page, 'second');
    await say(page, 'third');
    await page.getByText('No connection. Trying again').waitFor();
    await page.getByText('Not sent yet').last().waitFor();
    await shot(page, '13-offline');
    await page.context().setOffline(false);
    await bubbles(page).getByText('You said: third').waitFor({ timeout: 20_000 });
    const answers = await bubbles(page).getByText('You said').allInnerTexts();
    expect(answers).toEqual(['You said: first', 'You said: second', 'You said: third']);
    expect(await page.getByText('Not sent yet').count()).toBe(0);
  });
});
