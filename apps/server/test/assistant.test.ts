import { Trunkline } from '@trunkline/core';
import { RestInput } from '@trunkline/rest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AddressInfo } from 'node:net';
import { createAssistant } from '../src/assistant.ts';

const pictureUrl = 'http://127.0.0.1/pizza.svg';
let line: Trunkline;
let url: string;
let failures: Error[];

beforeEach(async () => {
  failures = [];
  line = new Trunkline({
    channels: [new RestInput()],
    assistant: createAssistant({ pictureUrl }),
    onError: (error) => failures.push(error),
  });
  const server = await line.listen(0, '127.0.0.1');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/rest/webhook`;
});

afterEach(async () => {
  await line.close();
  expect(failures).toEqual([]);
});

async function post(message: string, query = ''): Promise<Response> {
  return await fetch(url + query, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sender: 'me', message }),
  });
}

async function say(message: string): Promise<unknown> {
  return await (await post(message)).json();
}

const titles = (answer: unknown): unknown =>
  (answer as { buttons?: { title: string }[] }[]).at(-1)?.buttons?.map(({ title }) => title);

describe('the demo assistant', () => {
  it('says what it can do, and does all of it', async () => {
    const [{ text: help }] = (await say('Help')) as [{ text: string }];
    const names = [...help.matchAll(/^- (\w+):/gm)].map((match) => match[1] ?? '');
    expect(names).toEqual(
      expect.arrayContaining([
        'order',
        'buttons',
        'replies',
        'image',
        'file',
        'cards',
        'json',
        'stream',
        'history',
      ]),
    );
    for (const name of names.filter((candidate) => candidate !== 'order')) {
      expect(await say(name), name).not.toEqual([]);
    }
  });

  it('shows a picture, by address and in cards', async () => {
    expect(await say('image')).toEqual([{ recipient_id: 'me', image: pictureUrl }]);
    expect(titles(await say('cards'))).toEqual(['Take it']);
  });

  it('streams word by word', async () => {
    const lines = (await (await post('stream', '?stream=true')).text()).trim().split('\n');
    expect(lines.length).toBeGreaterThan(10);
  });

  it('takes an order by pressing and by typing', async () => {
    expect(titles(await say('order'))).toEqual(['Small', 'Medium', 'Large']);
    expect(titles(await say('/small'))).toEqual(['Thin', 'Thick']);
    expect(titles(await say('thick'))).toEqual(['Yes', 'No']);
    expect(await say('/yes')).toMatchObject([{ text: 'Ordered: Small, Thick base.' }]);
    expect(await say('/yes')).toMatchObject([{ text: 'You chose /yes.' }]);
  });

  it('asks again when it does not understand, and can be called off', async () => {
    await say('order');
    const [first, second] = (await say('huge')) as [{ text: string }, { text: string }];
    expect(first.text).toContain('never mind');
    expect(second.text).toBe('What size?');
    expect(await say('Never mind')).toMatchObject([{ text: 'Cancelled.' }]);
    await say('order');
    expect(await say('cancel')).toMatchObject([{ text: 'Cancelled.' }]);
    expect(await say('small')).toMatchObject([{ text: expect.stringContaining('You said') }]);
  });

  // In the middle of an order, the question came back instead of help.
  it('helps in the middle of an order, which goes on', async () => {
    await say('order');
    await say('small');
    const answers = (await say('Help')) as { text: string }[];
    expect(answers.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^Say one of these:/),
      expect.stringContaining('or say "never mind"'),
      'On which base?',
    ]);
    expect(titles(answers)).toEqual(['Thin', 'Thick']);
    await say('/thin');
    expect(await say('yes')).toMatchObject([{ text: 'Ordered: Small, Thin base.' }]);
  });

  // README.md says `order`, then `stream`, which asked for the size again; so did each button of the page
  // until somebody thought of saying "cancel".
  it('shows what it is asked for in the middle of an order, which goes on', async () => {
    await say('order');
    const answers = (await say('buttons')) as { text: string }[];
    expect(answers.map(({ text }) => text)).toEqual([
      'Which way?',
      expect.stringContaining('or say "never mind"'),
      'What size?',
    ]);
    const lines = (await (await post('stream', '?stream=true')).text()).trim().split('\n');
    expect(lines.length).toBeGreaterThan(10);
    expect(titles(await say('small'))).toEqual(['Thin', 'Thick']);
    expect(titles(await say('order'))).toEqual(['Thin', 'Thick']);
  });

  // The answer was "Please choose one of these", about the order.
  it('takes the quick reply that it has shown in the middle of an order, which goes on', async () => {
    await say('order');
    await say('replies');
    const answers = (await say('/good')) as { text: string }[];
    expect(answers.map(({ text }) => text)).toEqual([
      'You chose /good.',
      expect.stringContaining('or say "never mind"'),
      'What size?',
    ]);
    expect(titles(await say('/small'))).toEqual(['Thin', 'Thick']);
    // A late press of a question that was answered is no aside.
    expect(await say('/small')).toMatchObject([
      { text: expect.stringContaining('choose one of these') },
      { text: 'On which base?' },
    ]);
  });
});
