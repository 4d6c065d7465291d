import { beforeEach } from 'vitest';
import type { ServerFrame } from '@trunkline/websocket/protocol';
import { connect, type ChatClient, type ConnectOptions } from '../../src/client.ts';
import { settle, TestClock } from './clock.ts';
import { FakeSocket, FakeStorage } from './sockets.ts';

export const url = 'ws://localhost/ws';
export const opened = (changes: object = {}): ServerFrame => ({
  type: 'session',
  session: 's1',
  token: 't1',
  seq: 0,
  resumed: false,
  ...changes,
});
export const text = (seq: number): ServerFrame => ({
  type: 'text',
  id: `m${seq}`,
  seq,
  text: `text ${seq}`,
  recipient_id: 'me',
});

export let clock: TestClock;
export let storage: FakeStorage;
export let sockets: FakeSocket[];

/** A clock, a storage and a server of its own for every test. */
export function beginAnew(): void {
  beforeEach(() => {
    clock = new TestClock();
    storage = new FakeStorage();
    sockets = [];
  });
}

export async function start(options: Partial<ConnectOptions> = {}): Promise<ChatClient> {
  const client = connect({
    url,
    storage,
    clock,
    random: () => 1,
    open: (address) => {
      const socket = new FakeSocket(address);
      sockets.push(socket);
      return socket;
    },
    ...options,
  });
  await settle();
  return client;
}

export const last = (): FakeSocket => {
  const socket = sockets.at(-1);
  if (socket === undefined) throw new Error('nothing was opened');
  return socket;
};

export async function enter(frame: ServerFrame = opened()): Promise<FakeSocket> {
  last().open();
  last().say(frame);
  await settle();
  return last();
}

export const messages = (socket: FakeSocket): unknown[] =>
  socket.sent.filter(({ type }) => type === 'message').map(({ message }) => message);
