import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  chromium,
  type Browser,
  type BrowserContextOptions,
  type Locator,
  type Page,
} from 'playwright-core';
import type { Part } from '../../../../../scripts/test-support/needs.ts';

/** The element, while it is connected. */
export const CONNECTED = 'trunkline-chat[data-state=connected]';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** The browser that the tests look at pages with. */
export const aBrowser: Part = {
  name: 'Chromium',
  present: () => existsSync(CHROMIUM),
  provide: 'apt-get install chromium',
};

/** The element as it is shipped. */
export const aBuild: Part = {
  name: 'the built web chat and server',
  present: () =>
    ['packages/webchat/dist/webchat.js', 'apps/server/dist/main.js'].every((file) =>
      existsSync(fileURLToPath(new URL(`../../../../../${file}`, import.meta.url))),
    ),
  provide: 'npm run build',
};

/** Nothing that a page asks for leaves this machine. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];

let running: Promise<Browser> | null = null;

/** A page in a profile of its own. What goes wrong in it is added to `problems`. */
export async function openPage(
  options: BrowserContextOptions = {},
  problems: string[] = [],
): Promise<Page> {
  running ??= chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });
  const context = await (await running).newContext(options);
  context.setDefaultTimeout(10_000);
  context.on('weberror', (error) => problems.push(String(error.error())));
  context.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  return await context.newPage();
}

/** Closes everything that was opened. */
export async function closeBrowser(): Promise<void> {
  const browser = await running;
  running = null;
  await browser?.close();
}

/** Says something as a user does. */
export async function say(page: Page, text: string): Promise<void> {
  await input(page).fill(text);
  await input(page).press('Enter');
}

/** Waits for something that the assistant says. */
export async function hear(page: Page, text: string): Promise<void> {
  await bubbles(page).getByText(text).waitFor();
}

/** Does something with the element. A text: these tests have no types for the page. */
export async function inChat(page: Page, code: string): Promise<unknown> {
  return await page.evaluate(`document.querySelector('trunkline-chat').${code}`);
}

/** The field that one writes into. */
export function input(page: Page): Locator {
  return page.getByRole('textbox', { name: 'Write a message' });
}

/** What was said, in bubbles, the newest last. */
export function bubbles(page: Page): Locator {
  return page.locator('trunkline-chat .entry .bubble');
}

/** Keeps a picture for people, where `TRUNKLINE_SHOTS` names a folder. */
export async function shot(page: Page, name: string): Promise<void> {
  const folder = process.env['TRUNKLINE_SHOTS'];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
