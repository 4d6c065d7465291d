/*
 * The element in pages that are not like ours. In the `srcdoc` of a frame it showed nothing, and in a page
 * that asks for trusted types and has used DOMPurify's name for its own it drew nothing any more.
 */
import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { afterEach, describe, it } from 'vitest';
import type { Page } from 'playwright-core';
import { CONNECTED, hear, openPage, say } from './support/browser.ts';
import { problems, site, siteForEach } from './support/visit.ts';

const SCRIPT = new URL('../../../../packages/webchat/dist/webchat.global.js', import.meta.url);
const CHAT =
  '<script src="/chat.js"></script>' +
  '<trunkline-chat url="/webhooks/websocket/ws" style="height: 500px"></trunkline-chat>';

const PAGES: Record<string, string> = {
  '/own-purifier': `<script>trustedTypes.createPolicy('dompurify', {})</script>${CHAT}`,
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

  it('shows what is said as plain text where it may read no Markdown', async () => {
    const here = await open('/own-purifier');
    await here.locator(CONNECTED).waitFor();
    await say(here, 'some **words**');
    await hear(here, 'You said: some **words**');
    await here.goto(`${here.url()}?duplicates`);
    await here.locator('trunkline-chat strong', { hasText: 'words' }).waitFor();
  });
});
