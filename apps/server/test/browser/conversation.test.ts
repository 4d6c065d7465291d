import { beforeEach, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { bubbles, CONNECTED, hear, inChat, input, say, shot } from './support/browser.ts';
import { anotherTab, problems, site, siteForEach, visit } from './support/visit.ts';

/** Less than the default: what the page takes for too long is what its server does. */
const MAX_FRAME_BYTES = 1_000;

describe('the chat page', { timeout: 30_000 }, () => {
  let page: Page;

  siteForEach(() => ({ websocket: { maxFrameBytes: MAX_FRAME_BYTES } }));
  beforeEach(async (context) => {
    page = await visit({ viewport: { width: 1280, height: 800 } });
    return () => {
      if (context.task.result?.state !== 'fail') expect(problems).toEqual([]);
    };
  });

  it('greets with words to begin with, and has a first conversation', async () => {
    await page.getByRole('button', { name: 'help' }).first().waitFor();
    await shot(page, '01-empty');
    await say(page, 'Hello');
    await hear(page, 'You said: Hello');
    await page.getByRole('button', { name: 'help' }).click();
    await hear(page, 'a carousel of cards');
    await shot(page, '02-help');
    // Markdown: a list, and not lines that begin with a dash.
    expect(await page.locator('.bubble li').count()).toBeGreaterThan(8);
  });

  it('keeps what is too long in the field, and says so until it is shorter', async () => {
    const long = 'x'.repeat(MAX_FRAME_BYTES);
    await page.locator(CONNECTED).waitFor();
    await say(page, long);
    const note = page.getByRole('alert');
    await note.getByText('Too long').waitFor();
    await shot(page, '03-too-long');
    expect(await input(page).inputValue()).toBe(long);
    expect(await bubbles(page).count()).toBe(0);
    await input(page).fill('short');
    expect(await note.innerText()).toBe('');
    await input(page).press('Enter');
    await hear(page, 'You said: short');
  });

  it('shows every part of a reply', async () => {
    await say(page, 'image');
    const image = page.getByRole('img', { name: 'Image: pizza.svg' });
    await image.waitFor();
    await expect
      .poll(() =>
        image.evaluate((node) => (node as unknown as { naturalWidth: number }).naturalWidth),
      )
      .toBeGreaterThan(0);

    await say(page, 'file');
    const file = page.getByRole('link', { name: /pizza\.svg/ });
    await file.waitFor();
    expect(await file.getAttribute('href')).toBe(`${site.url}pizza.svg`);
    expect(await file.getAttribute('target')).toBe('_blank');
    expect(await file.getAttribute('rel')).toContain('noopener');
    expect(await file.innerText()).toContain('image/svg+xml');
    await shot(page, '03-image-file');

    await say(page, 'json');
    await page.getByLabel('Data').waitFor();
    expect(JSON.parse(await page.getByLabel('Data').innerText())).toEqual({
      mood: 'fine',
      at: [1, 2],
    });

    await say(page, 'cards');
    await page.getByText('30 cm', { exact: true }).waitFor();
    const cards = page.locator('trunkline-chat').getByRole('listitem');
    expect(await cards.filter({ hasText: 'Take it' }).count()).toBe(2);
    await shot(page, '04-json-cards');
    await page.getByRole('button', { name: 'Take it' }).last().click();
    await hear(page, 'You chose Take it.');
  });

  it('sends a button as its payload, and shows its title', async () => {
    await say(page, 'buttons');
    await page.getByRole('button', { name: 'Left' }).click();
    await hear(page, 'You chose Left.');
    expect(await page.locator('.entry.user').last().innerText()).toContain('Left');
    // They stay: a choice can be made again.
    await page.getByRole('button', { name: 'Right' }).click();
    await hear(page, 'You chose Right.');
    await shot(page, '05-buttons');
  });

  it('takes quick replies away once one was used, also after a reload', async () => {
    await say(page, 'replies');
    await page.getByRole('button', { name: 'Good' }).waitFor();
    await shot(page, '06-quick-replies');
    await page.getByRole('button', { name: 'Good' }).click();
    await hear(page, 'You chose Good.');
    expect(await page.getByRole('button', { name: 'Bad' }).count()).toBe(0);
    await page.reload();
    await hear(page, 'You chose Good.');
    expect(await page.getByRole('button', { name: 'Bad' }).count()).toBe(0);
  });

  it('takes an order, word by word and press by press', async () => {
    await say(page, 'order');
    await page.getByRole('button', { name: 'Large' }).click();
    await page.getByRole('button', { name: 'Thin' }).click();
    await page.getByRole('button', { name: 'Yes' }).click();
    await hear(page, 'Ordered: Large, Thin base.');
    await shot(page, '07-order');
  });

  it('shows the frames as they pass, without the token', async () => {
    await say(page, 'buttons');
    await page.getByRole('button', { name: 'Left' }).waitFor();
    const frames = page.getByRole('list', { name: 'What passed over the socket' });
    await frames.getByText('→ message').click();
    await expect.poll(() => frames.locator('pre').innerText()).toContain('"message": "buttons"');
    expect(await frames.getByText('← buttons').count()).toBe(1);
    const session = frames.getByText('← session').first();
    await session.click();
    expect(await frames.innerText()).toMatch(/"token":\s*"…"/);
    await shot(page, '08-frames');
    await page.getByRole('button', { name: 'Close' }).click();
    expect(await frames.isVisible()).toBe(false);
  });

  it('begins anew in every tab when one of them forgets', async () => {
    await say(page, 'Hello');
    await hear(page, 'You said: Hello');
    const other = await anotherTab(page);
    await hear(other, 'You said: Hello');
    await inChat(other, 'forget()');
    await bubbles(page).first().waitFor({ state: 'detached' });
    await say(page, 'Again');
    await hear(page, 'You said: Again');
    expect(await bubbles(page).count()).toBe(2);
    // Nor do the frames beside it tell what was said.
    const frames = page.getByRole('list', { name: 'What passed over the socket' });
    expect(await frames.innerText()).not.toContain('Hello');
  });

  it('can be used by keyboard alone', async () => {
    await input(page).waitFor();
    await input(page).focus();
    await page.keyboard.type('cards');
    await page.keyboard.press('Enter');
    await page.getByText('30 cm', { exact: true }).waitFor();
    // From the field back to the last card's button, then the one before it, the row, the list.
    const reached: string[] = [];
    for (let i = 0; i < 40 && !reached.includes('log'); i++) {
      await page.keyboard.press('Shift+Tab');
      const name = await page.evaluate<string>(
        `(() => {
          const active = document.querySelector('trunkline-chat').shadowRoot.activeElement;
          const ring = active && getComputedStyle(active).outlineStyle;
          return active ? (ring === 'none' ? 'invisible ' : '') + (active.className || active.tagName) : 'none';
        })()`,
      );
      reached.push(name);
    }
    expect(reached.join()).not.toContain('invisible');
    expect(reached).toEqual(expect.arrayContaining(['button', 'track', 'log']));
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await hear(page, 'You chose Take it.');
    await shot(page, '09-keyboard');
  });
});
