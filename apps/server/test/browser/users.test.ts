import { beforeEach, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { bubbles, CONNECTED, hear, inChat, input, say, shot } from './support/browser.ts';
import { anotherTab, site, siteForEach, visit } from './support/visit.ts';

describe('users of one browser', { timeout: 30_000 }, () => {
  let page: Page;
  /** What the assistant was told, and by whom. */
  let told: string[];

  siteForEach(() => ({
    websocket: { auth: async (_req, token) => (token === null ? null : { sender: token }) },
    assistant: async ({ senderId, text }, reply) => {
      told.push(`${senderId}: ${text}`);
      await reply.text(`You said: ${text}`);
    },
  }));
  beforeEach(async () => {
    told = [];
    page = await visit({ viewport: { width: 900, height: 700 } });
  });

  const signIn = async (token: string, tab = page): Promise<void> => {
    await inChat(tab, `token = '${token}'`);
  };

  it('do not get what another has left unsent', async () => {
    await signIn('alice');
    await say(page, 'first');
    await hear(page, 'You said: first');
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
    await hear(page, 'You said: private');
    expect(told).toEqual(['alice: first', 'bob: hello', 'alice: private']);
  });

  it('leave nothing behind when they log out', async () => {
    await signIn('alice');
    await say(page, 'first');
    await hear(page, 'You said: first');
    await input(page).fill('a draft');
    await inChat(page, 'forget()');
    await bubbles(page).first().waitFor({ state: 'detached' });
    expect(await input(page).inputValue()).toBe('');
    await page.getByText('The connection is closed.').waitFor();
    await shot(page, '40-forgotten');
    expect(await page.evaluate('Object.keys(localStorage)')).toEqual([]);
    await signIn('bob');
    await page.locator(CONNECTED).waitFor();
    await say(page, 'hello');
    await hear(page, 'You said: hello');
    expect(told).toEqual(['alice: first', 'bob: hello']);
  });

  it('are logged out in all tabs at once, and leave nothing to be read or to be heard', async () => {
    await signIn('alice');
    await say(page, 'first');
    await hear(page, 'You said: first');
    const other = await anotherTab(page);
    await signIn('alice', other);
    await hear(other, 'You said: first');
    await say(other, 'second');
    await hear(page, 'You said: second');
    await input(page).fill('a draft');
    await inChat(other, 'forget()');
    await bubbles(page).first().waitFor({ state: 'detached' });
    expect(await input(page).inputValue()).toBe('');
    expect(await inChat(page, 'shadowRoot.textContent')).not.toMatch(/first|second/);
    await page.getByText('The connection is closed.').waitFor();
    expect(await page.evaluate('Object.keys(localStorage)')).toEqual([]);
  });

  // A framework makes each function anew when it draws. The session began again whenever something was
  // drawn in the page, and what was being written was lost.
  it('stay signed in where another function is to fetch their tokens, which is asked from then on', async () => {
    const fetchedBy = async (name: string): Promise<unknown> =>
      await inChat(page, `token = () => ((window.fetched ??= []).push('${name}'), 'alice')`);
    await fetchedBy('first');
    await page.locator(CONNECTED).waitFor();
    await input(page).fill('a draft');
    await page.evaluate(`window.client = document.querySelector('trunkline-chat').client`);
    await fetchedBy('second');
    const isTheSame = async (): Promise<unknown> =>
      await page.evaluate(`(async () => {
        await null;
        return window.client === document.querySelector('trunkline-chat').client;
      })()`);
    expect(await isTheSame()).toBe(true);
    expect(await input(page).inputValue()).toBe('a draft');
    site.cut();
    await expect.poll(() => page.evaluate('fetched')).toEqual(['first', 'second']);
    await signIn('bob');
    expect(await isTheSame()).toBe(false);
  });

  it('are also forgotten by an element that has left the page', async () => {
    await signIn('alice');
    await say(page, 'first');
    await hear(page, 'You said: first');
    expect(await page.evaluate('localStorage.length')).toBe(1);
    await page.evaluate(`{
      const chat = document.querySelector('trunkline-chat');
      chat.remove();
      chat.forget();
    }`);
    expect(await page.evaluate('localStorage.length')).toBe(0);
  });
});
