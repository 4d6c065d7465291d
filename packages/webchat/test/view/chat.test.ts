// @vitest-environment jsdom
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ConnectOptions } from '../../src/client.ts';
import { Chat } from '../../src/view/chat.ts';
import { ENGLISH } from '../../src/view/labels.ts';
import { beginAnew, clock, enter, last, messages, opened, start } from '../support/scene.ts';
import { withoutLayout } from '../support/view.ts';

beginAnew();
beforeEach(() => {
  withoutLayout();
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'requestAnimationFrame', 'performance'],
  });
  touches(false);
});
afterEach(() => void vi.useRealTimers());

const GERMAN = { ...ENGLISH, problem: 'Das ging schief', tooFast: 'zu schnell' };

async function open(options: Partial<ConnectOptions> = {}) {
  const client = await start(options);
  const suggestions = ['help'];
  const chat = new Chat({
    client,
    labels: GERMAN,
    title: null,
    suggestions,
    keepsSuggestions: () => false,
  });
  document.body.replaceChildren(chat.node);
  return { client, chat };
}

it('says in words of its own what has failed, if that was no message', async () => {
  const { chat } = await open();
  const socket = await enter();
  const status = chat.node.querySelector('[part=status]');
  socket.say({ type: 'error', code: 'too_fast', message: 'send it again, more slowly' });
  expect(status?.textContent).toContain('Das ging schief: zu schnell');
  expect(status?.textContent).not.toContain('slowly');
});

it('leaves it to a message that failed to say so', async () => {
  const { chat, client } = await open();
  await enter();
  const id = client.send('Hi');
  last().say({ type: 'error', code: 'invalid_field', message: 'no', id });
  expect(chat.node.querySelector('[part=status]')?.textContent).not.toContain('schief');
});

it('puts the focus where one goes on when what was pressed is gone', async () => {
  const { chat } = await open();
  const socket = await enter();
  vi.advanceTimersByTime(50);
  const suggestion = chat.node.querySelector<HTMLButtonElement>('.welcome button');
  suggestion?.focus();
  suggestion?.click();
  vi.advanceTimersByTime(50);
  expect(messages(socket)).toEqual(['help']);
  expect(chat.node.querySelector<HTMLElement>('.welcome')?.hidden).toBe(true);
  expect(document.activeElement?.tagName).toBe('TEXTAREA');
});

// Without a connection a turn cannot be ended: the button did nothing, and said nothing.
it('offers to stop what grows, while there is a connection', async () => {
  const { chat } = await open();
  const socket = await enter();
  const stop = chat.node.querySelector<HTMLElement>('[part=stop]');
  socket.say({ type: 'stream_start', id: 'm1', seq: 1, recipient_id: 'me' });
  vi.advanceTimersByTime(50);
  expect(stop?.hidden).toBe(false);
  last().drop();
  expect(stop?.hidden).toBe(true);
  await clock.pass(500);
  await enter(opened({ seq: 1, resumed: true }));
  expect(stop?.hidden).toBe(false);
});

// The dots and the button stayed for half a minute, as if the button had done nothing.
it('shows no dots any more once the assistant was stopped', async () => {
  const { chat } = await open();
  const socket = await enter();
  const stop = chat.node.querySelector<HTMLElement>('[part=stop]');
  socket.say({ type: 'typing', recipient_id: 'me' });
  expect(chat.node.querySelector<HTMLElement>('.typing')?.hidden).toBe(false);
  stop?.click();
  expect(socket.sent).toMatchObject([{ type: 'cancel' }]);
  expect(chat.node.querySelector<HTMLElement>('.typing')?.hidden).toBe(true);
  expect(stop?.hidden).toBe(true);
});

it('leaves the keyboard of a phone where it is', async () => {
  touches(true);
  const { chat } = await open();
  await enter();
  chat.node.querySelector<HTMLButtonElement>('.welcome button')?.click();
  expect(document.activeElement?.getAttribute('role')).toBe('log');
});

it('has the field next when the connection was asked for', async () => {
  const { chat } = await open();
  last().drop();
  vi.advanceTimersByTime(2_000);
  const again = chat.node.querySelector<HTMLButtonElement>('[part=status] button');
  expect(again?.hidden).toBe(false);
  again?.focus();
  again?.click();
  expect(again?.hidden).toBe(true);
  expect(document.activeElement?.tagName).toBe('TEXTAREA');
});

it('takes nothing once it is closed, and says so', async () => {
  const failures: unknown[] = [];
  window.addEventListener('error', ({ error }) => failures.push(error));
  const { chat, client } = await open({ token: 'jwt' });
  const buttons = [{ title: 'Left', payload: '/left' }];
  const frame = {
    type: 'buttons',
    id: 'b',
    seq: 1,
    recipient_id: 'me',
    text: '',
    buttons,
  } as const;
  (await enter()).say(frame);
  vi.advanceTimersByTime(50);
  last().drop(4401);
  await clock.pass(1_000);
  expect(client.state).toBe('closed');
  const input = chat.node.querySelector('textarea') as HTMLTextAreaElement;
  input.value = 'Hi';
  input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter' }));
  expect(chat.node.querySelector('[part=note]')?.textContent).toBe(GERMAN.closed);
  expect(input.value).toBe('Hi');
  for (const button of chat.node.querySelectorAll<HTMLElement>('.button')) button.click();
  expect(client.transcript.entries).toHaveLength(1);
  expect(failures).toEqual([]);
});

function touches(isCoarse: boolean): void {
  vi.stubGlobal('matchMedia', () => ({ matches: isCoarse }));
}
