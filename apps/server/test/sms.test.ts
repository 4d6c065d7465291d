import { Trunkline, type Handle } from '@trunkline/core';
import { SmsInput } from '@trunkline/sms';
import { WebSocketInput } from '@trunkline/websocket';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startScene } from '../../../packages/sms/test/support/scene.ts';
import { ACCOUNT, OUR_NUMBER, TOKEN, Twilio } from '../../../packages/sms/test/support/twilio.ts';
import { Client } from '../../../packages/websocket/test/support/client.ts';
import { createAssistant } from '../src/assistant.ts';

/** What a user is told, and what they do: the title of a button, or a text. */
const DIALOGUE: readonly [does: string, said: string, offered: readonly string[]][] = [
  ['order', 'What size?', ['Small', 'Medium', 'Large']],
  ['Large', 'On which base?', ['Thin', 'Thick']],
  ['Thin', 'Shall I order it?', ['Yes', 'No']],
  ['Yes', 'Ordered: Large, Thin base.', []],
];

describe('one assistant, a whole order', () => {
  it('by typing digits on a phone, and by clicking in the web chat', async () => {
    const heard: Record<string, unknown[]> = { sms: [], websocket: [] };
    const demo = createAssistant({ pictureUrl: 'https://x.org/pizza.svg' });
    const assistant: Handle = async (message, reply) => {
      heard[reply.channel]?.push([message.text, message.choice]);
      await demo(message, reply);
    };
    const twilio = await Twilio.start();
    const account = { accountSid: ACCOUNT, authToken: TOKEN, twilioNumber: OUR_NUMBER };
    const channels = [new SmsInput({ ...account, apiUrl: twilio.url }), new WebSocketInput()];
    const answered = new Set<string>();
    let wake = (): void => {};
    const line = new Trunkline({
      channels,
      assistant,
      onTurn({ channel, messageId }) {
        if (channel === 'sms') answered.add(messageId);
        wake();
      },
    });
    // A menu can be answered from the end of its turn on, a moment after the phone has it.
    const turnIsOver = async (count: number): Promise<void> => {
      while (answered.size < count) await new Promise<void>((resolve) => (wake = resolve));
    };
    const server = await line.listen(0, '127.0.0.1');
    const { port } = server.address() as AddressInfo;
    await twilio.callAt(`http://127.0.0.1:${port}/webhooks/sms/webhook`);
    const web = new Client(`ws://127.0.0.1:${port}/webhooks/websocket/ws`);
    onTestFinished(async () => {
      web.cut();
      await line.close();
      await twilio.close();
    });
    await web.session();
    let offered: readonly string[] = [];
    for (const [index, [does, said, next]] of DIALOGUE.entries()) {
      const number = offered.indexOf(does) + 1;
      await twilio.receive(number === 0 ? does : String(number));
      await twilio.until(index + 1);
      await turnIsOver(index + 1);
      const lines = next.map((title, place) => `${place + 1} ${title}`);
      expect(twilio.texts[index]).toBe([said, ...lines].join('\n'));

      const from = web.frames.length;
      const id = `m${index}`;
      if (number === 0) web.send({ type: 'message', id, message: does });
      else web.send({ type: 'choice', id, title: does, payload: `/${does.toLowerCase()}` });
      const isSaid = ({ text }: { text: string }): boolean => text === said;
      if (next.length === 0) await web.next('text', isSaid, from);
      else {
        const { buttons } = await web.next('buttons', isSaid, from);
        expect(buttons.map(({ title }) => title)).toEqual(next);
      }
      offered = next;
    }
    expect(heard['sms']).toEqual(heard['websocket']);
    expect(heard['sms']?.[1]).toEqual(['/large', { title: 'Large', payload: '/large' }]);
    expect([...twilio.mistakes, ...web.mistakes]).toEqual([]);
  });
});

// The story: it said 'or say "cancel"'. Whoever did so on a phone had opted out, and heard nothing any more; and
// "help", which it told everybody to say, was answered by Twilio.
describe('what the assistant asks its users to say', () => {
  it('is nothing that Twilio takes for a wish of its own', async () => {
    const demo = createAssistant({ pictureUrl: 'https://x.org/pizza.svg' });
    const { twilio } = await startScene(demo);
    const answersTo = async (text: string, count: number): Promise<string> => {
      const from = twilio.texts.length;
      await twilio.receive(text);
      await twilio.until(from + count);
      return twilio.texts.slice(from).join('\n');
    };
    const wordIn = (said: string): string => /say "(.+?)"/i.exec(said)?.[1] ?? '';
    expect(await answersTo(wordIn(await answersTo('hello', 1)), 1)).toMatch(/^Say one of these:/);
    await answersTo('order', 1);
    expect(await answersTo(wordIn(await answersTo('huge', 2)), 1)).toBe('Cancelled.');
  });
});
