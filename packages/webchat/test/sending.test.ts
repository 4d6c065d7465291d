import { describe, expect, it } from 'vitest';
import {
  beginAnew,
  clock,
  enter,
  last,
  messages,
  opened,
  start,
  storage,
  url,
} from './support/scene.ts';

beginAnew();

describe('what the user says', () => {
  it('waits for the connection, and goes out in order, one after the other', async () => {
    const client = await start();
    const ids = ['one', 'two'].map((word) => client.send(word));
    expect(client.transcript.entries).toMatchObject([
      { text: 'one', status: 'pending' },
      { text: 'two', status: 'pending' },
    ]);
    const socket = await enter();
    expect(messages(socket)).toEqual(['one']);
    socket.say({ type: 'ack', id: ids[0] ?? '', seq: 1 });
    expect(messages(socket)).toEqual(['one', 'two']);
    socket.say({ type: 'ack', id: ids[1] ?? '', seq: 2 });
    expect(client.transcript.entries).toMatchObject([{ status: 'sent' }, { status: 'sent' }]);
    expect([...storage.items.keys()]).toEqual([`trunkline:${url}:session`]);
  });

  it('is repeated under its name until it is acknowledged', async () => {
    const client = await start();
    const id = client.send('once');
    await enter();
    last().drop();
    await clock.pass(500);
    const socket = await enter(opened({ resumed: true }));
    expect(socket.sent.filter(({ type }) => type === 'message')).toEqual([
      { type: 'message', message: 'once', id },
    ]);
    // The first one did arrive: the log has it, though its acknowledgement was lost.
    socket.say({
      type: 'user',
      id: `user:${id}`,
      client_id: id,
      seq: 1,
      text: 'once',
      recipient_id: 'me',
    });
    expect(client.transcript.entries).toMatchObject([{ text: 'once', status: 'sent', seq: 1 }]);
    last().drop();
    await clock.pass(1_000);
    expect(messages(await enter(opened({ seq: 1, resumed: true })))).toEqual([]);
  });

  it('outlives the page', async () => {
    const before = await start();
    before.send('kept', { page: 1 });
    before.choose({ title: 'Small', payload: '/small' });
    before.close();
    const client = await start();
    expect((await enter()).sent).toMatchObject([{ message: 'kept', metadata: { page: 1 } }]);
    expect(client.transcript.entries).toMatchObject([{ text: 'kept' }, { text: 'Small' }]);
  });

  it('is sent again later where the server has too much to do', async () => {
    const client = await start();
    const id = client.send('again');
    const socket = await enter();
    const refuse = (): void =>
      socket.say({ type: 'error', code: 'too_fast', message: 'slowly', id });
    refuse();
    expect(messages(socket)).toEqual(['again']);
    await clock.pass(500);
    expect(messages(socket)).toEqual(['again', 'again']);
    for (const ms of [1_000, 2_000, 4_000, 8_000]) {
      refuse();
      await clock.pass(ms);
    }
    refuse();
    expect(client.transcript.entries).toMatchObject([{ status: 'failed', error: 'slowly' }]);
    client.retry(id);
    expect(messages(socket)).toHaveLength(7);
    expect(client.transcript.entries).toMatchObject([{ status: 'pending' }]);
  });

  it('fails where it can never be taken, and does not hold up the next', async () => {
    const client = await start();
    const errors: unknown[] = [];
    client.on('error', ({ code, id }) => errors.push([code, id]));
    const socket = await enter();
    const long = client.send('x'.repeat(70_000));
    const bad = client.send('bad');
    client.send('good');
    socket.say({ type: 'error', code: 'invalid_field', message: 'no', id: bad });
    expect(messages(socket)).toEqual(['bad', 'good']);
    expect(errors).toEqual([
      ['too_long', long],
      ['invalid_field', bad],
    ]);
  });

  it('can be measured before, and is not tried again where it was too long', async () => {
    const client = await start();
    const room =
      65_536 - JSON.stringify({ type: 'message', message: '', id: 'x'.repeat(32) }).length;
    expect([client.fits('x'.repeat(room)), client.fits('x'.repeat(room + 1))]).toEqual([
      true,
      false,
    ]);
    expect(client.fits('é'.repeat(room / 2 + 1))).toBe(false);
    expect(client.fits('x'.repeat(room), { page: 1 })).toBe(false);
    const id = client.send('x'.repeat(70_000));
    const failed = [{ status: 'failed', code: 'too_long' }];
    expect(client.transcript.entries).toMatchObject(failed);
    client.retry(id);
    expect(client.transcript.entries).toMatchObject(failed);
  });

  it('is as long as the server takes it, from when that has told', async () => {
    const client = await start();
    const early = client.send('x'.repeat(500));
    client.send('y'.repeat(500));
    client.send('short');
    expect(client.fits('x'.repeat(500))).toBe(true);
    const socket = await enter(opened({ max_frame_bytes: 400 }));
    expect(client.fits('x'.repeat(500))).toBe(false);
    // What was said before can be seen to be too long: no connection is lost over it.
    expect(client.transcript.entries).toMatchObject([
      { id: early, status: 'failed', code: 'too_long' },
      { status: 'failed', code: 'too_long' },
      { text: 'short', status: 'pending' },
    ]);
    expect(messages(socket)).toEqual(['short']);
    // Another server, after an update say.
    last().drop();
    await clock.pass(500);
    await enter(opened({ resumed: true, max_frame_bytes: 100_000 }));
    expect(client.fits('x'.repeat(70_000))).toBe(true);
    last().drop();
    await clock.pass(1_000);
    await enter(opened({ resumed: true }));
    expect([client.fits('x'.repeat(500)), client.fits('x'.repeat(70_000))]).toEqual([true, false]);
  });

  it('fails where it closes the connection', async () => {
    const client = await start();
    client.send('large');
    (await enter()).drop(1009);
    expect(client.transcript.entries).toMatchObject([{ status: 'failed', code: 'too_long' }]);
    await clock.pass(500);
    expect(messages(await enter(opened({ resumed: true })))).toEqual([]);
  });

  it('takes the connection for dead when it is not acknowledged', async () => {
    const client = await start();
    const socket = await enter();
    client.send('hello?');
    await clock.pass(15_000);
    expect(socket.readyState).toBe(3);
    expect(client.state).toBe('offline');
  });
});
