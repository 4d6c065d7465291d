import { MemoryStore, type Assistant, type InputChannel, type UserMessage } from '@trunkline/core';
import { FakeClock } from '@trunkline/testing';
import { WebSocketInput } from '@trunkline/websocket';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { deferred } from '../../../scripts/test-support/deferred.ts';
import { inTime } from '../../../scripts/test-support/in-time.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { Client } from './support/client.ts';
import { closeAfterEach, echo, resuming, startSocket } from './support/server.ts';

expectNoUnhandledRejections();
closeAfterEach();

describe('the WebSocket channel', () => {
  it('announces a session, and answers in it', async () => {
    const { connect } = await startSocket();
    const client = connect();
    const session = await client.session();
    expect(session).toMatchObject({ resumed: false, seq: 0 });
    expect(Buffer.from(session.token ?? '', 'base64url').length).toBeGreaterThanOrEqual(16);
    client.send({ message: 'Hi', id: 'm1' });
    const text = await client.next('text');
    expect(text).toMatchObject({ text: 'You said: Hi', recipient_id: session.session, seq: 2 });
    await client.settled();
    expect(client.of('ack')).toEqual([{ type: 'ack', id: 'm1', seq: 1 }]);
  });

  it('works with the clients of Rasa’s reference channel', async () => {
    const messages: UserMessage[] = [];
    const { connect } = await startSocket(async (message, reply) => {
      messages.push(message);
      await reply.text('Hello');
      await reply.stream(pieces('How ', 'are you?'));
    });
    const client = connect();
    client.socket.on('open', () =>
      client.sendRaw('{"message":"Hi","sender":"rasa-user","metadata":{"page":"/"}}'),
    );
    await client.next('stream_end');
    const seen = client.frames
      .filter(({ type }) => ['text', 'stream_start', 'stream_chunk', 'stream_end'].includes(type))
      .map((frame) => ({
        type: frame.type,
        ...('text' in frame && frame.type === 'text' ? { text: frame.text } : {}),
        ...('chunk' in frame ? { chunk: frame.chunk } : {}),
        ...('recipient_id' in frame ? { recipient_id: frame.recipient_id } : {}),
      }));
    const recipient_id = 'rasa-user';
    expect(seen).toEqual([
      { type: 'text', text: 'Hello', recipient_id },
      { type: 'stream_start', recipient_id },
      { type: 'stream_chunk', chunk: 'How ', recipient_id },
      { type: 'stream_chunk', chunk: 'are you?', recipient_id },
      { type: 'stream_end', recipient_id },
    ]);
    expect(messages[0]).toMatchObject({ senderId: 'rasa-user', metadata: { page: '/' } });
  });

  it('lets a stranger who claims a sender join nobody', async () => {
    const { connect } = await startSocket(async (message, reply) => {
      const said = [...((reply.state['said'] as string[]) ?? []), message.text ?? ''];
      reply.state = { said };
      await reply.text(said.join(', '));
    });
    const [victim, stranger] = [connect(), connect()];
    await victim.session();
    victim.send({ message: 'secret', sender: 'anna' });
    await victim.next('text');
    await stranger.session();
    stranger.send({ message: 'tell me', sender: 'anna' });
    expect((await stranger.next('text')).text).toBe('tell me');
    victim.send({ message: 'more', sender: 'anna' });
    expect((await victim.next('text', ({ text }) => text.includes('more'))).text).toBe(
      'secret, more',
    );
    await victim.settled();
    expect(victim.of('text').map(({ text }) => text)).toEqual(['secret', 'secret, more']);
  });

  it('is told proactively what is meant for its session, and nothing for a sender it claims', async () => {
    const { line, connect } = await startSocket();
    const [visitor, stranger] = [connect(), connect()];
    const { session } = await visitor.session();
    visitor.send({ message: 'Hi' });
    await visitor.next('text');
    const claimed = await stranger.session();
    stranger.send({ message: 'Hi', sender: 'anna' });
    await stranger.next('text');
    await line.send(session, { text: 'for the visitor' });
    expect((await visitor.next('text', ({ text }) => text.startsWith('for'))).text).toBe(
      'for the visitor',
    );
    for (const options of [{}, { channel: 'websocket' }]) {
      await expect(line.send('anna', { text: 'secret' }, options)).rejects.toMatchObject({
        code: 'unreachable',
      });
    }
    // Whoever names the session means it.
    const account = claimed.session;
    await line.send('anna', { text: 'for you' }, { channel: 'websocket', account });
    await stranger.next('text', ({ text }) => text === 'for you');
  });

  it('handles a message once, and acknowledges it as often as it comes', async () => {
    const { connect, turns } = await startSocket();
    const client = connect();
    await client.session();
    for (let i = 0; i < 3; i++) client.send({ message: 'Hi', id: 'once' });
    await client.until('3 acks', () => client.of('ack').length === 3);
    client.send({ message: 'Then' });
    await client.next('text', ({ text }) => text.includes('Then'));
    client.send({ message: 'Hi', id: 'once' });
    await client.until('4 acks', () => client.of('ack').length === 4);
    expect(client.of('ack').map(({ seq }) => seq)).toEqual([1, 1, 1, 1]);
    expect(client.of('text').map(({ text }) => text)).toEqual(['You said: Hi', 'You said: Then']);
    expect(turns).toHaveLength(2);
  });

  it('hands on a choice as its payload, with its title', async () => {
    const choices: unknown[] = [];
    const { connect } = await startSocket(async (message, reply) => {
      choices.push([message.text, message.choice]);
      await reply.text('ok');
    });
    const client = connect();
    await client.session();
    client.send({ type: 'choice', payload: '/large', title: 'Large', id: 'c' });
    client.send({ type: 'choice', payload: '/small' });
    await client.until('2 texts', () => client.of('text').length === 2);
    expect(choices).toEqual([
      ['/large', { title: 'Large', payload: '/large' }],
      ['/small', { title: '/small', payload: '/small' }],
    ]);
  });

  it('keeps the order of the messages of a connection', async () => {
    const { connect } = await startSocket(echo, { framesPerSecond: 1_000 });
    const client = connect();
    await client.session();
    for (let i = 0; i < 40; i++) client.send({ message: String(i), id: String(i) });
    await client.until('40 texts', () => client.of('text').length === 40);
    expect(client.of('text').map(({ text }) => text)).toEqual(
      Array.from({ length: 40 }, (_, i) => `You said: ${i}`),
    );
    const numbers = client.of('text', 'ack').map(({ seq }) => seq ?? 0);
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 80 }, (_, i) => i + 1));
  });

  it('cancels the turn that runs', async () => {
    const started = deferred();
    const { connect, turns } = await startSocket(async (message, reply) => {
      if (message.text !== 'slow') {
        await reply.text('quick');
        return;
      }
      started.resolve();
      await new Promise((resolve) => reply.signal.addEventListener('abort', resolve));
      reply.signal.throwIfAborted();
    });
    const client = connect();
    await client.session();
    client.send({ type: 'cancel', id: 'none' });
    expect(await client.next('ack')).toEqual({ type: 'ack', id: 'none', cancelled: false });
    client.send({ message: 'slow' });
    await started.promise;
    client.send({ type: 'cancel', id: 'one' });
    expect(await client.next('ack', ({ id }) => id === 'one')).toMatchObject({ cancelled: true });
    client.send({ message: 'quick' });
    await client.next('text');
    expect(turns.map(({ outcome }) => outcome)).toEqual(['aborted', 'answered']);
  });

  it('says of a stream that was cancelled that it is not whole', async () => {
    const { connect } = await startSocket(async (message, reply) => {
      await reply.stream(
        (async function* () {
          yield 'Once upon';
          if (message.text === 'whole') return;
          await new Promise((resolve) => reply.signal.addEventListener('abort', resolve));
        })(),
      );
    });
    const client = connect();
    const session = await client.session();
    client.send({ message: 'endless' });
    await client.next('stream_chunk');
    client.send({ type: 'cancel' });
    const end = await client.next('stream_end');
    expect(end).toMatchObject({ text: 'Once upon', stopped: true });
    // The log keeps it for whoever comes later.
    expect(await connect(resuming(session)).next('stream_end')).toEqual(end);
    client.send({ message: 'whole' });
    const whole = await client.next('stream_end', ({ id }) => id !== end.id);
    expect(whole).not.toHaveProperty('stopped');
  });

  it('tells the assistant now and then that the user is typing', async () => {
    const clock = new FakeClock();
    const events: string[] = [];
    const assistant: Assistant = {
      handle: (_message, reply) => void reply.text('ok'),
      onEvent: (event) => void events.push(`${event.type} ${event.senderId}`),
    };
    const { connect } = await startSocket(assistant, { clock });
    const client = connect();
    const { session } = await client.session();
    for (let i = 0; i < 5; i++) client.send({ type: 'typing' });
    client.send({ message: 'done' });
    await client.next('text');
    expect(events.filter((event) => event.startsWith('typing'))).toEqual([`typing ${session}`]);
    // A clock that is set back by an hour is no hour without typing.
    await clock.advance(-3_600_000);
    client.send({ type: 'typing' });
    await expect.poll(() => events.filter((event) => event.startsWith('typing'))).toHaveLength(2);
  });

  it('shows that the assistant is at work', async () => {
    const { connect } = await startSocket(async (_message, reply) => {
      await reply.typing();
      await reply.text('ok');
    });
    const client = connect();
    const { session } = await client.session();
    client.send({ message: 'Hi' });
    expect(await client.next('typing')).toEqual({ type: 'typing', recipient_id: session });
  });

  it('lets a subclass take metadata from the request', async () => {
    class WithHeader extends WebSocketInput {
      override getMetadata(
        request: IncomingMessage,
        body: unknown,
      ): { page: string; body: string } {
        return { page: String(request.headers['x-page']), body: JSON.stringify(body) };
      }
    }
    let metadata: unknown;
    const assistant = async (message: UserMessage): Promise<void> =>
      void (metadata = message.metadata);
    const { connect } = await startSocket(assistant, {}, { channels: [new WithHeader()] });
    const client = connect('', { headers: { 'x-page': '/cart' } });
    await client.session();
    client.send({ message: 'Hi', id: 'm', metadata: { a: 1 } });
    await client.next('ack');
    await expect
      .poll(() => metadata)
      .toEqual({ page: '/cart', body: '{"message":"Hi","id":"m","metadata":{"a":1}}' });
  });

  it('survives a subclass that does not get along with what a client says', async () => {
    // A stranger's frame ended the process.
    class WithUser extends WebSocketInput {
      override getMetadata(_request: IncomingMessage, body: unknown): { name: string } {
        return { name: (body as { metadata: { name: string } }).metadata.name };
      }
    }
    const reports: unknown[] = [];
    const ignore = (): void => {};
    const error = (fields: Readonly<Record<string, unknown>>): void => void reports.push(fields);
    const logger = { debug: ignore, info: ignore, warn: ignore, error };
    const { connect, turns } = await startSocket(
      echo,
      {},
      { channels: [new WithUser({ logger })] },
    );
    const client = connect();
    const { session, token } = await client.session();
    client.send({ message: 'Hi', id: 'm' });
    expect(await client.next('error')).toMatchObject({ code: 'unavailable', id: 'm' });
    client.send({ message: 'Hi', id: 'n', metadata: { name: 'Ada' } });
    await client.next('text');
    // Also where it has waited for a session.
    const late = connect(`?session=${session}`);
    await new Promise((resolve) => late.socket.once('open', resolve));
    late.send({ type: 'resume', session, token: token ?? '' });
    late.send({ message: 'Hi', id: 'o' });
    expect(await late.next('error')).toMatchObject({ code: 'unavailable', id: 'o' });
    expect([turns.length, reports.length]).toEqual([1, 2]);
  });

  it('is reached without a connection, by the address', async () => {
    const { line, connect, channel } = await startSocket();
    const client = connect();
    const { session } = await client.session();
    const output = channel.getOutputChannel({ session });
    await output.sendTextMessage('anna', 'Are you there?');
    expect(await client.next('text')).toMatchObject({
      text: 'Are you there?',
      recipient_id: 'anna',
    });
    expect(line.channels[0]).toBe(channel);
  });

  it('answers over HTTP that it is there, and where messages go', async () => {
    const { port } = await startSocket();
    const base = `http://127.0.0.1:${port}/webhooks/websocket`;
    expect(await (await fetch(`${base}/`)).json()).toEqual({ status: 'ok' });
    const posted = await fetch(`${base}/webhook`, { method: 'POST', body: '{}' });
    expect([posted.status, posted.headers.get('upgrade')]).toEqual([426, 'websocket']);
  });

  it('is there twice under two names, each with its own sessions', async () => {
    const channels: InputChannel[] = [
      new WebSocketInput(),
      new WebSocketInput({ name: 'intranet', origins: ['https://intra.example'] }),
    ];
    const { connect, port } = await startSocket(echo, {}, { channels });
    const one = connect();
    const two = connect().socket.url.replace('websocket/ws', 'intranet/ws');
    const other = new Client(two, { origin: 'https://intra.example' });
    await other.session();
    other.send({ message: 'Hi' });
    expect((await other.next('text')).text).toBe('You said: Hi');
    const { session, token } = await one.session();
    const crossed = new Client(`${two}?session=${session}&token=${token}`);
    expect(await crossed.session()).toMatchObject({ resumed: false, reason: 'unknown' });
    const lost = new Client(`ws://127.0.0.1:${port}/webhooks/websocket/other`);
    expect(await lost.refused).toBe(404);
  });

  it('leaves the upgrades of others alone', async () => {
    const { server, port, connect } = await startSocket();
    server.on('upgrade', (req, socket) => {
      if (req.url === '/theirs') socket.end('HTTP/1.1 418 Theirs\r\ncontent-length: 0\r\n\r\n');
    });
    expect(await new Client(`ws://127.0.0.1:${port}/theirs`).refused).toBe(418);
    expect((await connect().session()).resumed).toBe(false);
  });

  it('tells its clients to come back when it shuts down', async () => {
    const { connect, stop } = await startSocket();
    const clients = [connect(), connect()];
    for (const client of clients) await client.session();
    // Sooner than those that stay are cut off, after a second.
    await inTime(900, stop());
    for (const client of clients) expect((await client.closed).code).toBe(1012);
  });

  it('says that a message is not stored where the store fails', async () => {
    const store = new MemoryStore();
    const { connect, reports } = await startSocket(echo, {}, { store });
    const client = connect();
    await client.session();
    store.turns.add = () => Promise.reject(new Error('disk full'));
    client.send({ message: 'Hi', id: 'm' });
    expect(await client.next('error')).toMatchObject({ code: 'unavailable', id: 'm' });
    expect(reports).toMatchObject([{ message: 'disk full' }]);
  });

  // One that writes errors as JSON does, over an error that holds itself. It ended the process.
  it('is answered also where the logger throws', async () => {
    const store = new MemoryStore();
    const throwing = (): never => {
      throw new TypeError('Converting circular structure to JSON');
    };
    const logger = { debug: throwing, info: throwing, warn: throwing, error: throwing };
    const { connect } = await startSocket(echo, { logger }, { store });
    const client = connect();
    await client.session();
    store.turns.add = () => Promise.reject(new Error('disk full'));
    client.send({ message: 'Hi', id: 'm' });
    expect(await client.next('error')).toMatchObject({ code: 'unavailable', id: 'm' });
  });

  it('answers a cancel that fails, where it has an id', async () => {
    // It got neither an acknowledgement nor an error: whoever waited for one waited for good.
    const upgrade = vi.spyOn(WebSocketInput.prototype, 'upgrade');
    const { connect, reports } = await startSocket();
    const [turns] = upgrade.mock.lastCall ?? [];
    upgrade.mockRestore();
    const client = connect();
    await client.session();
    if (turns !== undefined) turns.cancel = () => Promise.reject(new Error('disk full'));
    client.send({ type: 'cancel', id: 'c' });
    client.send({ type: 'cancel' });
    await client.settled();
    expect(client.of('ack', 'error')).toMatchObject([
      { type: 'error', code: 'unavailable', id: 'c' },
    ]);
    expect(reports).toHaveLength(2);
  });

  it('refuses what is over the limit of a conversation', async () => {
    const gate = deferred();
    const { connect } = await startSocket(
      async (_message, reply) => {
        await gate.promise;
        await reply.text('ok');
      },
      {},
      { turns: { maxQueued: 1 } },
    );
    const client = connect();
    await client.session();
    for (const id of ['a', 'b', 'c']) client.send({ message: id, id });
    expect(await client.next('error')).toMatchObject({ code: 'refused', id: 'c' });
    gate.resolve();
    await client.until('2 texts', () => client.of('text').length === 2);
    await client.settled();
    expect(client.of('ack').map(({ id }) => id)).toEqual(['a', 'b']);
  });
});

async function* pieces(...texts: string[]): AsyncGenerator<string> {
  for (const text of texts) yield text;
}
