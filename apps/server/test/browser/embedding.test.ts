/*
 * The element in pages that are not like ours. In the `srcdoc` of a frame it showed nothing, and in a page
 * that asks for trusted types and has used DOMPurify's name for its own it drew nothing any more.
 */
import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { CONNECTED, hear, input, openPage, say } from './support/browser.ts';
import { problems, site, siteForEach } from './support/visit.ts';

const SCRIPT = new URL('../../../../packages/webchat/dist/webchat.global.js', import.meta.url);
const CHAT =
  '<script src="/chat.js"></script>' +
  '<trunkline-chat url="/webhooks/websocket/ws" style="height: 500px"></trunkline-chat>';

const PAGES: Record<string, string> = {
  '/own-purifier': `<script>trustedTypes.createPolicy('dompurify', {})</script>${CHAT}`,
  '/block': `<style>trunkline-chat { display: block }</style>${CHAT}`,
  '/block-without-height': `<style>trunkline-chat { display: block; height: auto !important }</style>${CHAT}`,
  '/in-a-corner': `<style>trunkline-chat { position: fixed; bottom: 20px; max-height: 80% }</style>${CHAT}`,
  '/centred': `<style>body { text-align: center; letter-spacing: 9px; text-transform: uppercase; white-space: nowrap }</style>${CHAT}`,
  '/frame': `<iframe srcdoc='${CHAT}'></iframe>`,
};

const POLICIES: Record<string, string> = {
  '/own-purifier?duplicates':
    "require-trusted-types-for 'script'; trusted-types dompurify 'allow-duplicates'",
  '/own-purifier': "require-trusted-types-for 'script'; trusted-types dompurify",
};

/** Serves the pages, and the element's script. */
const fallback: RequestListener = (req, res) => {
  const html = PAGES[req.url?.split('?')[0] ?? ''];
  if (html !== undefined) {
    const policy = POLICIES[req.url ?? ''];
    const headers = policy === undefined ? {} : { 'content-security-policy': policy };
    res.writeHead(200, { 'content-type': 'text/html', ...headers }).end(`<!doctype html>${html}`);
  } else if (req.url === '/chat.js') {
    res.writeHead(200, { 'content-type': 'text/javascript' }).end(readFileSync(SCRIPT));
  } else res.writeHead(404).end();
};

describe('the element', { timeout: 30_000 }, () => {
  let page: Page | null = null;

  siteForEach(() => ({ fallback }));
  afterEach(() => page?.context().close());

  async function open(path: string): Promise<Page> {
    page = await openPage({}, problems);
    await page.goto(new URL(path, site.url).href);
    return page;
  }

  it('connects to the host of the page around it, in a frame that has no address', async () => {
    const frame = (await open('/frame')).frameLocator('iframe');
    await frame.locator(CONNECTED).waitFor({ state: 'attached' });
  });

  // The field that one writes into was pushed out of sight by what was said.
  it.each(['/block', '/block-without-height', '/in-a-corner'])(
    'keeps its field in sight: %s',
    async (path) => {
      const own = await open(path);
      await say(own, Array.from({ length: 40 }, (_, i) => `line ${i}`).join('\n'));
      await hear(own, 'You said');
      const field = await input(own).boundingBox();
      const chat = await own.locator('trunkline-chat').boundingBox();
      const bottom = (box: typeof chat): number => (box?.y ?? 0) + (box?.height ?? 0);
      expect(bottom(field)).toBeLessThanOrEqual(bottom(chat));
      expect(bottom(field)).toBeGreaterThan(bottom(chat) - 20);
      expect(chat?.height).toBeLessThanOrEqual(own.viewportSize()?.height ?? 0);
    },
  );

  it('says its words in its own way in a page that centres and stretches all texts', async () => {
    const own = await open('/centred');
    await say(own, 'Hello');
    await hear(own, 'You said');
    const style = `getComputedStyle(document.querySelector('trunkline-chat').shadowRoot.querySelector('.bubble'))`;
    const names = ['textAlign', 'letterSpacing', 'textTransform'];
    const values = await own.evaluate(`(${JSON.stringify(names)}).map((name) => ${style}[name])`);
    expect(values).toEqual(['start', 'normal', 'none']);
  });

  it('shows what is said as plain text where it may read no Markdown', async () => {
    const here = await open('/own-purifier');
    await here.locator(CONNECTED).waitFor();
    await say(here, 'some **words**');
    await hear(here, 'You said: some **words**');
    await here.goto(`${here.url()}?duplicates`);
    await here.locator('trunkline-chat strong', { hasText: 'words' }).waitFor();
  });
});
