import { describe, expect, it } from 'vitest';
import { beginAnew, enter, last, start, text } from './support/scene.ts';

beginAnew();

describe('the client', () => {
  it('tells of typing now and then, and of a choice by its title', async () => {
    const client = await start({ sender: 'me' });
    client.typing();
    const socket = await enter();
    client.typing();
    client.typing();
    client.cancel();
    client.choose({ title: 'Large' });
    expect(socket.sent).toMatchObject([
      { type: 'typing', sender: 'me' },
      { type: 'cancel', sender: 'me' },
      { type: 'choice', payload: 'Large', title: 'Large', sender: 'me' },
    ]);
  });

  it('is not kept by listeners that fail', async () => {
    const client = await start();
    const failures: unknown[] = [];
    globalThis.reportError ??= (error) => void failures.push(error);
    const seen: number[] = [];
    client.on('message', () => {
      throw new Error('no');
    });
    const stop = client.on('message', ({ seq }) => seen.push(seq));
    (await enter()).say(text(1));
    stop();
    last().say(text(2));
    expect(seen).toEqual([1]);
  });
});
