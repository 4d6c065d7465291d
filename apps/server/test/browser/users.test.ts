import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { needs } from '../../../../scripts/test-support/needs.ts';
import {
  aBrowser,
  aBuild,
  bubbles,
  closeBrowser,
  CONNECTED,
  input,
  openPage,
  say,
  shot,
} from './support/browser.ts';
import { startSite, type Site } from './support/site.ts';

describe('users of one browser', { timeout: 30_000 }, () => {
  let site: Site;
  let page: Page;
  /** What the assistant was told, and by whom. */
  let told: string[];

  beforeEach(needs(aBrowser));
  beforeEach(needs(aBuild));
  beforeEach(async () => {
    told = [];
    site = await startSite({
      websocket: { auth: async (_req, token) => (token === null ? null : { sender: token }) },
      assistant: async ({ senderId, text }, reply) => {
        told.push(`${senderId}: ${text}`);
        await reply.text(`You said: ${text}`);
      },
    });
    ({ page } = await openPage({ viewport: { width: 900, height: 700 } }));
    await page.goto(site.url);
    return async () => {
      await page.context().close();
      await site.close();
    };
  });
  afterAll(closeBrowser);

  /** Does something with the element. A text: these tests have no types for the page. */
  const chat = (code: string): Promise<unknown> =>
    page.evaluate(`document.querySelector('trunkline-chat').${code}`);

  const signIn = (token: string): Promise<unknown> => chat(`token = '${token}'`);

  it('do not get what another has left unsent', async () => {
    await signIn('alice');
    await say(page, 'first');
    await bubbles(page).getByText('You said: first').waitFor();
    await page.context().setOffline(true);
    site.cut();
    await page.locator(CONNECTED).waitFor({ state: 'detached' });
    await say(page, 'private');
    await signIn('bob');
    await bubbles(page).getByText('private').waitFor({ state: 'detached' });
    await page.context().setOffline(false);
    await say(page, 'hello');
    await bubbles(page).getByText('You said: hello').waitFor({ timeout: 20_000 });
    expect(await bubbles(page).allInnerTexts()).toEqual(['hello', 'You said: hello']);
    await signIn('alice');
    await bubbles(page).getByText('You said: private').waitFor();
    expect(told).toEqual(['alice: first', 'bob: hello', 'alice: private']);
  });

  it('leave nothing behind when they log out', async () => {
    await signIn('alice');
    await say(page, 'first');
    await bubbles(page).getByText('You said: first').waitFor();
    await input(page).fill('a draft');
    await chat('forget()');
    await bubbles(page).first().waitFor({ state: 'detached' });
    expect(await input(page).inputValue()).toBe('');
    await page.getByText('The connection is closed.').waitFor();
    await shot(page, '40-forgotten');
    expect(await page.evaluate('Object.keys(localStorage)')).toEqual([]);
    await signIn('bob');
    await page.locator(CONNECTED).waitFor();
    await say(page, 'hello');
    await bubbles(page).getByText('You said: hello').waitFor();
    expect(told).toEqual(['alice: first', 'bob: hello']);
  });

  it('are logged out in all tabs at once, and leave nothing to be read or to be heard', async () => {
    await signIn('alice');
    await say(page, 'first');
    await bubbles(page).getByText('You said: first').waitFor();
    const other = await page.context().newPage();
    await other.goto(site.url);
    await other.evaluate(`document.querySelector('trunkline-chat').token = 'alice'`);
    await bubbles(other).getByText('You said: first').waitFor();
    await say(other, 'second');
    await bubbles(page).getByText('You said: second').waitFor();
    await input(page).fill('a draft');
    await other.evaluate(`document.querySelector('trunkline-chat').forget()`);
    await bubbles(page).first().waitFor({ state: 'detached' });
    expect(await input(page).inputValue()).toBe('');
    expect(await chat('shadowRoot.textContent')).not.toMatch(/first|second/);
    await page.getByText('The connection is closed.').waitFor();
    expect(await page.evaluate('Object.keys(localStorage)')).toEqual([]);
  });

  it('are also forgotten by an element that has left the page', async () => {
    await signIn('alice');
    await say(page, 'first');
    await bubbles(page).getByText('You said: first').waitFor();
    expect(await page.evaluate('localStorage.length')).toBe(1);
    await page.evaluate(`{
      const chat = document.querySelector('trunkline-chat');
      chat.remove();
      chat.forget();
    }`);
    expect(await page.evaluate('localStorage.length')).toBe(0);
  });
});
