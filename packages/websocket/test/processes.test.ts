import { RedisStore } from '@trunkline/redis';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type AddressInfo } from 'node:net';
import type { Assistant } from '@trunkline/core';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { deferred } from '../../../scripts/test-support/deferred.ts';
import { needs, program } from '../../../scripts/test-support/needs.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { Reader } from './support/reader.ts';
import {
  closeAfterEach,
  echo,
  resuming,
  startSocket,
  type SocketServer,
} from './support/server.ts';

expectNoUnhandledRejections();
closeAfterEach();

/** A Redis of the test's own. */
async function startRedis(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-websocket-'));
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
  const child = spawn('redis-server', args, { stdio: 'ignore' });
  onTestFinished(async () => {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  });
  await expect.poll(() => isUp(port), { timeout: 10_000 }).toBe(true);
  return port;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A TCP server that listens has an address of this form.
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function isUp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

function start(port: number, assistant: Assistant = echo): Promise<SocketServer> {
  return startSocket(
    assistant,
    {},
    { store: new RedisStore({ url: `redis://127.0.0.1:${port}` }) },
  );
}

describe('two processes that share a Redis', () => {
  beforeEach(needs(program('redis-server', 'redis-server')));

  it('show one conversation', async () => {
    const port = await startRedis();
    const [one, two] = [await start(port), await start(port)];
    const here = one.connect();
    const session = await here.session();
    const there = two.connect(resuming(session));
    await there.session();
    for (let i = 0; i < 10; i++) {
      const [client, other] = i % 2 === 0 ? [here, there] : [there, here];
      client.send({ message: `number ${i}`, id: String(i) });
      const isIt = ({ text }: { text: string }): boolean => text === `You said: number ${i}`;
      await client.next('text', isIt);
      await other.next('text', isIt);
    }
    for (const client of [here, there]) {
      const texts = client.of('text').map(({ text }) => text);
      expect(texts).toEqual(Array.from({ length: 10 }, (_, i) => `You said: number ${i}`));
      const numbers = client.of('text', 'user').map(({ seq }) => seq);
      expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
    }
  });

  it('keep the session and what was missed when all of them restart', async () => {
    const port = await startRedis();
    const before = await start(port);
    const first = before.connect();
    const session = await first.session();
    first.send({ message: 'one', id: '1' });
    const { seq } = await first.next('text');
    first.send({ message: 'two', id: '2' });
    await first.next('text', ({ text }) => text.includes('two'));
    await before.stop();
    const after = await start(port);
    const back = after.connect(resuming(session, seq));
    expect(await back.session()).toMatchObject({ resumed: true, seq });
    expect(await back.next('text')).toMatchObject({ text: 'You said: two' });
    // Sent again by a client that got no acknowledgement.
    back.send({ message: 'two', id: '2' });
    await back.next('ack');
    await back.settled();
    expect(back.of('text')).toHaveLength(1);
  });

  it('show a stream as it grows, also to who comes in its middle', async () => {
    const port = await startRedis();
    const gates = [deferred(), deferred()];
    const assistant: Assistant = async (_message, reply) => {
      await reply.stream(
        (async function* () {
          yield 'Once ';
          await gates[0]?.promise;
          yield 'upon ';
          await gates[1]?.promise;
          yield 'a time';
        })(),
      );
    };
    const [one, two] = [await start(port, assistant), await start(port, assistant)];
    const here = one.connect();
    const session = await here.session();
    const readers = [new Reader(), new Reader()];
    const there = two.connect(resuming(session));
    await there.session();
    readers[0]?.follow(there);
    here.send({ message: 'Tell me a story', id: 'm' });
    await there.until('the beginning', () => readers[0]?.texts.includes('Once ') === true);
    gates[0]?.resolve();
    await there.until('the middle', () => readers[0]?.texts.includes('Once upon ') === true);
    const late = two.connect(resuming(session));
    readers[1]?.follow(late);
    await late.until('the middle', () => readers[1]?.texts.includes('Once upon ') === true);
    gates[1]?.resolve();
    for (const client of [here, there, late]) {
      expect(await client.next('stream_end')).toMatchObject({ text: 'Once upon a time' });
    }
    expect(readers.flatMap(({ mistakes }) => mistakes)).toEqual([]);
  });

  it('end a turn that runs in the other one, and show its typing', async () => {
    const port = await startRedis();
    const assistant: Assistant = async (_message, reply) => {
      // Again and again: news may be lost, and the other process may not listen yet.
      const typing = setInterval(() => void reply.typing(), 10);
      await new Promise((resolve) => reply.signal.addEventListener('abort', resolve));
      clearInterval(typing);
      reply.signal.throwIfAborted();
    };
    const [one, two] = [await start(port, assistant), await start(port, assistant)];
    const here = one.connect();
    const session = await here.session();
    const there = two.connect(resuming(session));
    await there.session();
    here.send({ message: 'Go on', id: 'm' });
    await there.next('typing');
    there.send({ type: 'cancel', id: 'c' });
    expect(await there.next('ack')).toMatchObject({ cancelled: false });
    await expect.poll(() => one.turns.map(({ outcome }) => outcome)).toEqual(['aborted']);
  });
});
