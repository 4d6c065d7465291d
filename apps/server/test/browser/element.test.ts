/*
 * The element as pages and their frameworks handle it. One that was put into the page before it had an
 * address stayed empty for good, and one whose attributes were written again began again.
 */
import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { CONNECTED, hear, inChat, input, say } from './support/browser.ts';
import { site, siteForEach, visit } from './support/visit.ts';

describe('the element in a page', { timeout: 30_000 }, () => {
  let page: Page;

  siteForEach();
  beforeEach(async () => {
    page = await visit({ viewport: { width: 900, height: 700 } });
    await page.locator(CONNECTED).waitFor();
  });

  /** Whether the client is still the one that the page has noted. */
  const isTheSame = (): Promise<boolean> =>
    page.evaluate(`(async () => {
      // Several changes in a row are one.
      await null;
      return window.client === document.querySelector('trunkline-chat').client;
    })()`);

  it('begins when it gets its address, also where it is in the page by then', async () => {
    await page.evaluate(`{
      const chat = document.createElement('trunkline-chat');
      document.querySelector('trunkline-chat').replaceWith(chat);
    }`);
    expect(await input(page).count()).toBe(0);
    await inChat(page, "setAttribute('url', '/webhooks/websocket/ws')");
    await say(page, 'Hello');
    await hear(page, 'You said: Hello');
  });

  it('goes on where what it has is written again, and begins again where that changes', async () => {
    await input(page).fill('a draft');
    await page.evaluate(`window.client = document.querySelector('trunkline-chat').client`);
    await inChat(page, "setAttribute('url', '/webhooks/websocket/ws')");
    await inChat(page, 'token = null');
    expect(await isTheSame()).toBe(true);
    expect(await input(page).inputValue()).toBe('a draft');
    await inChat(page, "setAttribute('storage', 'none')");
    expect(await isTheSame()).toBe(false);
  });

  // A framework makes each object anew when it draws. What was being written was lost each time.
  it('goes on where the same labels are set again, and begins again with others', async () => {
    await inChat(page, "labels = { send: 'Go' }");
    await page.getByRole('button', { name: 'Go' }).waitFor();
    await input(page).fill('a draft');
    await page.evaluate(`window.client = document.querySelector('trunkline-chat').client`);
    await inChat(page, "labels = { send: 'Go' }");
    expect(await isTheSame()).toBe(true);
    expect(await input(page).inputValue()).toBe('a draft');
    await inChat(page, "labels = { send: 'Los' }");
    await page.getByRole('button', { name: 'Los' }).waitFor();
  });

  // Lists that are sorted and windows that are put to the front move it. It began anew, without what was
  // being written, and with `storage="none"` without the conversation.
  it('goes on where it is moved', async () => {
    await inChat(page, "setAttribute('storage', 'none')");
    await say(page, 'Hello');
    await hear(page, 'You said: Hello');
    await input(page).fill('a draft');
    await page.evaluate(`{
      const chat = document.querySelector('trunkline-chat');
      window.client = chat.client;
      const { parentNode } = chat;
      chat.remove();
      window.between = chat.client;
      parentNode.append(chat);
    }`);
    expect(await isTheSame()).toBe(true);
    expect(await page.evaluate('window.between')).toBeNull();
    expect(await input(page).inputValue()).toBe('a draft');
    await hear(page, 'You said: Hello');
    await input(page).press('Enter');
    await hear(page, 'You said: a draft');
  });

  it('begins anew where it is moved and something else is changed on the way', async () => {
    await page.evaluate(`{
      const chat = document.querySelector('trunkline-chat');
      window.client = chat.client;
      const { parentNode } = chat;
      chat.remove();
      chat.setAttribute('title', 'Elsewhere');
      parentNode.append(chat);
    }`);
    await page.getByRole('heading', { name: 'Elsewhere' }).waitFor();
    expect(await isTheSame()).toBe(false);
  });

  // A page whose language changes, say.
  it('keeps what is being written where it begins anew, and not for somebody else', async () => {
    const lines = 'a draft\nof\nsome\nlines';
    await input(page).fill(lines);
    const height = (await input(page).boundingBox())?.height;
    await inChat(page, "labels = { send: 'Go' }");
    await page.getByRole('button', { name: 'Go' }).waitFor();
    expect(await input(page).inputValue()).toBe(lines);
    expect((await input(page).boundingBox())?.height).toBe(height);
    await inChat(page, "token = 'somebody else'");
    await expect.poll(() => input(page).inputValue()).toBe('');
  });

  it('is closed where it is taken out, and keeps nothing for whoever comes then', async () => {
    await input(page).fill('a draft');
    await page.evaluate(`(async () => {
      const chat = document.querySelector('trunkline-chat');
      const { parentNode, client } = chat;
      chat.remove();
      await new Promise((resolve) => setTimeout(resolve));
      window.wasClosed = client.state;
      parentNode.append(chat);
    })()`);
    expect(await page.evaluate('window.wasClosed')).toBe('closed');
    await page.locator(CONNECTED).waitFor();
    expect(await input(page).inputValue()).toBe('');
  });

  it('keeps the token that it is given when it tells that it was forgotten', async () => {
    await page.evaluate(`{
      const chat = document.querySelector('trunkline-chat');
      chat.token = 'old';
      chat.addEventListener('forgotten', () => (chat.token = 'new'));
      chat.forget();
    }`);
    expect(await inChat(page, 'token')).toBe('new');
    await page.locator(CONNECTED).waitFor();
  });

  it('connects once when it is made, however many attributes it has', async () => {
    const sockets: string[] = [];
    page.on('websocket', (socket) => sockets.push(socket.url()));
    await page.reload();
    await page.locator(CONNECTED).waitFor();
    expect(sockets).toHaveLength(1);
  });

  // A script is read in the encoding of its page, where its server names none: "Trying again â€¦".
  it('says its words as they are in a page of another encoding', async () => {
    const file = new URL('../../../../packages/webchat/dist/webchat.global.js', import.meta.url);
    const script = readFileSync(file);
    await page.route('**/webchat.global.js', (route) =>
      route.fulfill({ contentType: 'text/javascript', body: script }),
    );
    await page.route('**/old', (route) =>
      route.fulfill({
        contentType: 'text/html; charset=windows-1252',
        body: `<script src="/webchat.global.js"></script>
          <trunkline-chat url="/webhooks/nowhere"></trunkline-chat>`,
      }),
    );
    await page.goto(`${site.url}old`);
    await page.getByText('Trying again …').waitFor();
  });
});
