import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { needs } from '../../../../scripts/test-support/needs.ts';
import {
  aBrowser,
  aBuild,
  bubbles,
  closeBrowser,
  hear,
  openPage,
  say,
  shot,
} from './support/browser.ts';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

describe('the example server, killed', { timeout: 60_000 }, () => {
  let folder: string;
  let port: number;
  let child: ChildProcess;
  let page: Page;

  beforeEach(needs(aBrowser));
  beforeEach(needs(aBuild));
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'trunkline-restart-'));
    port = await freePort();
    page = await openPage({ viewport: { width: 900, height: 700 } });
    return async () => {
      await page.context().close();
      await kill();
      rmSync(folder, { recursive: true, force: true });
    };
  });
  afterAll(closeBrowser);

  async function start(store: string): Promise<void> {
    child = spawn(process.execPath, [MAIN], {
      cwd: folder,
      env: { ...process.env, PORT: String(port), STORE: store, LOG_LEVEL: 'error' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    // The banner is printed once it listens.
    if (child.stdout !== null) await once(child.stdout, 'data');
  }

  async function kill(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  it('comes back in the middle of a stream, and says its text whole', async () => {
    const store = `sqlite:${join(folder, 'a.db')}`;
    await start(store);
    await page.goto(`http://127.0.0.1:${port}/`);
    await say(page, 'Hello');
    await hear(page, 'You said: Hello');
    await say(page, 'stream');
    await hear(page, 'Each of these words');
    await kill();
    await page.getByText('Trying again').waitFor();
    await shot(page, '30-killed');
    await start(store);
    await page.locator('.status').getByText('Interrupted').waitFor({ timeout: 30_000 });
    await bubbles(page)
      .getByText(/^Each of these words.*wait for the last one\.$/)
      .waitFor({ timeout: 30_000 });
    await shot(page, '31-restarted');
    const entries = await page.locator('.entry').allInnerTexts();
    expect(entries.filter((text) => text.includes('You said: Hello'))).toHaveLength(1);
    expect(entries.filter((text) => text.includes('wait for the last one.'))).toHaveLength(1);
    // The page that has seen it and one that has not show the same.
    await page.reload();
    await page.locator('.status').getByText('Interrupted').waitFor();
    expect(await page.locator('.entry').allInnerTexts()).toEqual(entries);
  });

  it('says that a new conversation begins where nothing was kept', async () => {
    await start('memory');
    await page.goto(`http://127.0.0.1:${port}/`);
    await say(page, 'Hello');
    await hear(page, 'You said: Hello');
    await kill();
    await start('memory');
    await page.getByText('A new conversation begins here').waitFor({ timeout: 30_000 });
    await say(page, 'Again');
    await hear(page, 'You said: Again');
    await shot(page, '32-anew');
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A TCP server that listens has an address of this form.
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
