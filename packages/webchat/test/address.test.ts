// @vitest-environment jsdom
/*
 * Web chat, addresses: in a page with a `<base>`, a relative `url` led to somewhere else than every other
 * address in it; in the `srcdoc` of a frame, which has no address, nowhere.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { beginAnew, last, start } from './support/scene.ts';

beginAnew();

afterEach(() => document.head.replaceChildren());

describe('a relative address', () => {
  it('is one of the page', async () => {
    await start({ url: '/chat/ws?a=1' });
    expect(last().url).toBe(`ws://${location.host}/chat/ws?a=1`);
  });

  it('goes by the base of the page', async () => {
    const base = document.createElement('base');
    base.href = 'https://shop.example/app/';
    document.head.append(base);
    await start({ url: 'chat/ws' });
    expect(last().url).toBe('wss://shop.example/app/chat/ws');
  });
});
