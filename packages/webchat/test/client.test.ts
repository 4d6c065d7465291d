import { afterEach, describe, expect, it, vi } from 'vitest';
import { beginAnew, clock, enter, start, text } from './support/scene.ts';

beginAnew();
afterEach(() => void vi.unstubAllGlobals());

describe('the client', () => {
  it('tells of typing at most every three seconds, and not before it is connected', async () => {
    const client = await start({ sender: 'me' });
    client.typing();
    const socket = await enter();
    client.typing();
    await clock.pass(2_999);
    client.typing();
    expect(socket.sent).toEqual([{ type: 'typing', sender: 'me' }]);
    await clock.pass(1);
    client.typing();
    expect(socket.sent).toHaveLength(2);
    // A clock that is set back by an hour is no hour without typing.
    await clock.pass(-3_600_000);
    client.typing();
    expect(socket.sent).toHaveLength(3);
  });

  it('ends a turn, and makes a choice by its title where there is no payload', async () => {
    const client = await start({ sender: 'me' });
    const socket = await enter();
    client.cancel();
    client.choose({ title: 'Large' });
    expect(socket.sent).toMatchObject([
      { type: 'cancel', sender: 'me' },
      { type: 'choice', payload: 'Large', title: 'Large', sender: 'me' },
    ]);
  });

  it('goes on where a listener fails, and reports that', async () => {
    const reports = vi.fn<(error: unknown) => void>();
    vi.stubGlobal('reportError', reports);
    const client = await start();
    const failure = new Error('no');
    client.on('message', () => {
      throw failure;
    });
    const seen: number[] = [];
    client.on('message', ({ seq }) => seen.push(seq));
    (await enter()).say(text(1), text(2));
    expect(seen).toEqual([1, 2]);
    expect(client.transcript.entries).toHaveLength(2);
    expect(reports.mock.calls).toEqual([[failure], [failure]]);
  });

  it('tells of each message once, however often it is sent', async () => {
    const client = await start();
    const seen: number[] = [];
    client.on('message', ({ seq }) => seen.push(seq));
    (await enter()).say(text(1), text(1), text(2), text(1));
    expect(seen).toEqual([1, 2]);
  });
});
