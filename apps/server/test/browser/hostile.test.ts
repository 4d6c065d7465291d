import { beforeEach, describe, expect, it } from 'vitest';
import express from 'express';
import { fileURLToPath } from 'node:url';
import type { BotMessage } from '@trunkline/core';
import type { Page } from 'playwright-core';
import { say, shot } from './support/browser.ts';
import { siteForEach, visit } from './support/visit.ts';

const BUNDLE = fileURLToPath(
  new URL('../../../../packages/webchat/dist/webchat.global.js', import.meta.url),
);

/** A page that forbids nothing: what holds here is the element's own doing. */
const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Open</title>
<script>window.ran = []; window.alert = (what) => ran.push(what);</script>
<script src="/bundle.js"></script>
<trunkline-chat url="/webhooks/websocket/ws" style="height: 600px"></trunkline-chat>`;

const LEAK = '/leak';
const RUN = 'alert(1)';

/** What people have broken other pages with. */
const TEXTS = [
  `<script>${RUN}</script>`,
  `<img src=x onerror="${RUN}">`,
  `<img src="${LEAK}">`,
  `![alt](${LEAK}?secret=1)`,
  `![alt](${LEAK} "title")`,
  `<svg onload="${RUN}"><use href="${LEAK}#x"/></svg>`,
  `<svg><animate onbegin=${RUN} attributeName=x dur=1s>`,
  `<svg></p><style><a id="</style><img src=1 onerror=${RUN}>">`,
  `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=${RUN}&gt;">`,
  `<form><math><mtext></form><form><mglyph><style></math><img src onerror=${RUN}>`,
  `<noscript><p title="</noscript><img src=x onerror=${RUN}>">`,
  `<template><img src=x onerror=${RUN}></template>`,
  `<iframe srcdoc="<script>parent.${RUN}</script>"></iframe>`,
  `<iframe src="${LEAK}"></iframe><object data="${LEAK}"></object><embed src="${LEAK}">`,
  `<video src="${LEAK}" onerror=${RUN}><audio src="${LEAK}"><source src="${LEAK}">`,
  `<link rel=stylesheet href="${LEAK}"><style>@import "${LEAK}"; * { background: url(${LEAK}) }</style>`,
  `<p style="background: url(${LEAK})">styled</p><table background="${LEAK}"><tr><td background="${LEAK}">`,
  `<body onload=${RUN}><details open ontoggle=${RUN}><summary>open</summary></details>`,
  `<input autofocus onfocus=${RUN}><button formaction="javascript:${RUN}">press</button>`,
  `<form action="${LEAK}"><input name=a><button id=go>go</button></form>`,
  `<meta http-equiv=refresh content="0;url=${LEAK}"><base href="${LEAK}">`,
  `[click](javascript:${RUN}) [click](JaVaScRiPt:${RUN}) [click](java\tscript:${RUN})`,
  `[click](&#106;avascript:${RUN}) [click](data:text/html,<script>${RUN}</script>) [click](vbscript:${RUN})`,
  `<a href="javascript:${RUN}">click</a><a href=" &#1; javascript:${RUN}">click</a><a href="blob:x">click</a>`,
  `<a href="x" ping="${LEAK}" onclick="${RUN}">click</a>`,
  `<a id="trunkline-chat" name="ran" href="#">clobber</a><img name="getElementById">`,
  `<p is="trunkline-chat">is</p><trunkline-chat url="${LEAK}"></trunkline-chat><slot></slot>`,
  `\`\`\`html\n<img src=x onerror=${RUN}>\n\`\`\``,
  `${'> '.repeat(5_000)}deep`,
  '['.repeat(20_000),
  `<b><i>bold</i></b> & <u>more</u>`,
];

const MESSAGES: BotMessage[] = [
  ...TEXTS.map((text) => ({ text })),
  {
    text: 'Links',
    buttons: ['javascript:alert(1)', 'data:text/html,x', ' javascript:alert(1)'].map((url) => ({
      title: 'bad',
      url,
    })),
  },
  {
    text: '<img src=x onerror=alert(1)>',
    quickReplies: [{ title: '<img src=x onerror=alert(1)>', payload: 'x' }],
  },
  { image: 'javascript:alert(1)' },
  {
    image:
      'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>',
  },
  { image: 'data:text/html,<script>alert(1)</script>' },
  { attachment: { url: 'javascript:alert(1)', name: '<b>x</b>' } },
  { attachment: { url: 'data:text/html,<script>alert(1)</script>' } },
  {
    elements: [
      {
        title: '<img src=x onerror=alert(1)>',
        subtitle: '<script>alert(1)</script>',
        imageUrl: 'javascript:alert(1)',
        url: 'javascript:alert(1)',
        buttons: [{ title: 'bad', url: 'javascript:alert(1)' }],
      },
    ],
  },
  { custom: { html: '<img src=x onerror=alert(1)>', ['__proto__x']: { a: 1 } } },
];

describe('a hostile assistant', { timeout: 60_000 }, () => {
  let page: Page;
  const asked: string[] = [];

  siteForEach(() => ({
    fallback: pageAlone(),
    assistant: async (message, reply) => {
      if (message.text === 'stream') {
        // Cut in the middle of a tag, where a half would be something else than the whole.
        const text = TEXTS.slice(0, 12).join('\n\n');
        await reply.stream(
          (async function* pieces() {
            for (let i = 0; i < text.length; i += 7) yield text.slice(i, i + 7);
          })(),
        );
        return;
      }
      for (const response of MESSAGES) await reply.response(response);
      await reply.text('That was all.');
    },
  }));
  beforeEach(async () => {
    asked.length = 0;
    page = await visit({ viewport: { width: 900, height: 640 } }, (fresh) => {
      fresh.on('request', (request) => asked.push(new URL(request.url()).pathname));
      fresh.on('popup', (popup) => asked.push(`popup ${popup.url()}`));
    });
  });

  /** What there is in the element that is not of our making. */
  const foreign = (): Promise<string[]> =>
    page.evaluate<string[]>(`(() => {
      const root = document.querySelector('trunkline-chat').shadowRoot;
      const known = 'script,iframe,object,embed,form:not(.composer),input,style,link,meta,base,video,audio,math,template,trunkline-chat,[style]:not(.input),[is],[srcdoc],[background]';
      const found = [...root.querySelectorAll(known)].map((node) => node.outerHTML);
      for (const node of root.querySelectorAll('*')) {
        for (const { name } of node.attributes) if (name.startsWith('on')) found.push(node.outerHTML);
      }
      for (const link of root.querySelectorAll('a[href]')) {
        const isSafe = /^(https?|mailto|tel):/.test(link.href) && link.rel.includes('noopener') && link.target === '_blank';
        if (!isSafe) found.push(link.outerHTML);
      }
      return found;
    })()`);

  it.each(['everything', 'stream'])('runs nothing and loads nothing: %s', async (what) => {
    await say(page, what);
    if (what === 'stream') await page.locator('.bubble.done').waitFor();
    else await page.getByText('That was all.').last().waitFor({ timeout: 30_000 });
    await shot(page, `20-hostile-${what}`);
    // Also what would only run when it is pressed.
    for (const link of await page.locator('.bubble a:not([href])').all()) await link.click();
    expect(await page.evaluate('window.ran')).toEqual([]);
    expect(await foreign()).toEqual([]);
    expect(asked.filter((path) => !['/', '/bundle.js', '/favicon.ico'].includes(path))).toEqual([]);
  });

  it('keeps the Markdown that it may', async () => {
    await say(page, 'everything');
    await page.getByText('That was all.').last().waitFor({ timeout: 30_000 });
    expect(await page.locator('.bubble b i').innerText()).toBe('bold');
    expect(await page.locator('.bubble code').first().innerText()).toContain('onerror');
  });
});

function pageAlone(): express.Express {
  const app = express();
  app.get('/', (_req, res) => void res.type('html').send(PAGE));
  app.get('/bundle.js', (_req, res) => {
    res.sendFile(BUNDLE);
  });
  return app;
}
