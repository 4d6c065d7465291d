// @vitest-environment jsdom
import { beforeEach, expect, it } from 'vitest';
import type { ConnectOptions } from '../../src/client.ts';
import { Chat } from '../../src/view/chat.ts';
import { ENGLISH } from '../../src/view/labels.ts';
import { beginAnew, enter, last, start } from '../support/scene.ts';
import { withoutLayout } from '../support/view.ts';

beginAnew();
beforeEach(withoutLayout);

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
