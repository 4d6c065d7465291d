import { RasaAssistant } from '@trunkline/rasa';
import { FakeClock } from '@trunkline/testing';
import { describe, expect, it } from 'vitest';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { deferred } from '../../../scripts/test-support/deferred.ts';
import { readerOf } from '../../../scripts/test-support/reader.ts';
import { endAfterEach, SLOWLY, startScene } from './support/scene.ts';
import type { Agent } from './support/stand-in.ts';

expectNoUnhandledRejections();
endAfterEach();

describe('a message', () => {
  it('is answered by Rasa', async () => {
    const { rasa, ask } = await startScene();
    expect(await ask('Grüße 👋')).toEqual([{ recipient_id: 'ada', text: 'You said: Grüße 👋' }]);
    expect(rasa.requests).toEqual(['POST /webhooks/rest/webhook?stream=true']);
  });

  it('carries the sender, the channel and the metadata', async () => {
    const { rasa, post } = await startScene();
    await post({ sender: 'ada', message: ' /order ', metadata: { locale: 'de' } });
    await post({ sender: 'ada', message: 'Hi', input_channel: 'kiosk' });
    expect(rasa.heard).toEqual([
      { text: '/order', sender: 'rest::ada', inputChannel: 'rest', metadata: { locale: 'de' } },
      { text: 'Hi', sender: 'rest::ada', inputChannel: 'kiosk', metadata: null },
    ]);
  });

  it('without a sender shares a tracker with nobody', async () => {
    const { rasa, post } = await startScene();
    await post({ message: 'one' });
    await post({ message: 'two' });
    const [first, second] = rasa.heard.map(({ sender }) => sender);
    expect(first).toMatch(/^rest:~:[0-9a-f]{32}$/);
    expect(second).not.toBe(first);
  });

  it('without a text does not make Rasa fail', async () => {
    const { post } = await startScene();
    const answer = await post({ sender: 'ada' });
    expect(await answer.json()).toEqual([{ recipient_id: 'ada', text: 'You said:' }]);
  });

  it('may have a sender id of the user’s own making', async () => {
    const ids = {
      toRasa: ({ senderId }: { senderId: string }) => `x-${senderId}`,
      fromRasa: () => null,
    };
    const { rasa, ask } = await startScene({}, { senderId: ids });
    await ask('Hi');
    const plain = await startScene({}, { senderId: 'plain' });
    await plain.ask('Hi');
    expect([rasa, plain.rasa].map(({ heard }) => heard[0]?.sender)).toEqual(['x-ada', 'ada']);
  });
});

describe('an answer', () => {
  it('may have every form that Rasa’s has', async () => {
    const buttons = [{ title: 'Yes', payload: '/affirm' }];
    const { ask } = await startScene({
      agent: async (_heard, bot) => {
        await bot.utter({ text: 'First.\n\nSecond.', image: 'https://a.example/p.png' });
        await bot.utter({ text: 'Sure?', buttons });
        await bot.utter({ attachment: { type: 'file' }, custom: { a: 'é' } });
        await bot.utter({ elements: [{ title: 'T', subtitle: 'S', buttons }] });
        await bot.utter({});
      },
    });
    const recipient_id = 'ada';
    expect(await ask('Hi')).toEqual([
      { recipient_id, text: 'First.' },
      { recipient_id, text: 'Second.' },
      { recipient_id, image: 'https://a.example/p.png' },
      { recipient_id, text: 'Sure?', buttons },
      { recipient_id, custom: { a: 'é' } },
      { recipient_id, attachment: { type: 'file' } },
      { recipient_id, text: 'T : S', buttons },
    ]);
  });

  it('is said piece by piece, while Rasa makes it', async () => {
    const [gate, second] = [deferred(), deferred()];
    const { post } = await startScene({
      agent: async (_heard, bot) => {
        await bot.utter({ text: 'Let me see.' });
        await gate.promise;
        await bot.utter({ image: 'https://a.example/p.png' });
        await second.promise;
      },
    });
    const reader = readerOf(await post({ sender: 'ada', message: 'Hi' }, '?stream=true'));
    expect(await reader.next()).toBe('{"recipient_id":"ada","text":"Let me see."}\n');
    gate.resolve();
    expect(await reader.next()).toBe('{"recipient_id":"ada","image":"https://a.example/p.png"}\n');
    second.resolve();
    expect(await reader.next()).toBeNull();
  });

  it('of tokens is a stream, and the whole of it is not said again', async () => {
    const { post } = await startScene({
      agent: async (_heard, bot) => {
        await bot.stream(['It', ' is', ' sunny', '.']);
        await bot.utter({ text: 'Anything else today?' });
      },
    });
    const answer = await post({ sender: 'ada', message: 'Hi' }, '?stream=sse');
    const events = (await answer.text()).match(/^event: .*$/gm);
    expect(events?.map((event) => event.slice(7)).join(' ')).toBe(
      'start chunk chunk chunk chunk end message',
    );
  });

  it('of tokens is one text where nothing can be streamed', async () => {
    const { ask } = await startScene({
      agent: (_heard, bot) => bot.stream(['It', ' is', ' sunny', '.']),
    });
    expect(await ask('Hi')).toEqual([{ recipient_id: 'ada', text: 'It is sunny.' }]);
  });

  it('that is slow does not hold back what was said before it', async () => {
    const gate = deferred();
    const clock = new FakeClock();
    const agent: Agent = async (_heard, bot) => {
      await bot.stream(['One', ' moment', '.']);
      await gate.promise;
    };
    const { post } = await startScene({ agent }, { clock });
    const reader = readerOf(await post({ sender: 'ada', message: 'Hi' }, '?stream=sse'));
    let seen = '';
    while (!seen.includes('"."')) seen += await reader.next();
    expect(seen).not.toContain('event: end');
    // Whether the stream is over is known when nothing came for a while.
    await clock.advance(2_000);
    expect(await reader.next()).toContain('event: end');
    gate.resolve();
    expect(await reader.next()).toBeNull();
  });

  it('may be nothing at all', async () => {
    const { ask, rasa, errors } = await startScene({ agent: () => {}, api: true });
    expect(await ask('Hi')).toEqual([]);
    expect(rasa.requests.at(-1)).toBe('GET /status');
    expect(errors).toEqual([]);
  });
});

describe('the connection', () => {
  it('is kept from turn to turn, and let go when the line is closed', async () => {
    const { rasa, line, ask } = await startScene();
    for (const text of ['one', 'two', 'three']) await ask(text);
    expect(await rasa.connections()).toBe(1);
    await line.close();
    // Nobody else lets go of it meanwhile: both sides would keep it for two minutes.
    await expect.poll(() => rasa.connections()).toBe(0);
  });

  it('is ended when nobody waits for the answer any more', async () => {
    const [heard, gate] = [deferred(), deferred()];
    const { rasa, url, errors } = await startScene({
      agent: async () => {
        heard.resolve();
        await gate.promise;
      },
    });
    const client = new AbortController();
    const answer = fetch(`${url}/webhooks/rest/webhook`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"sender":"ada","message":"Hi"}',
      signal: client.signal,
    });
    await heard.promise;
    expect(rasa.abandoned).toBe(0);
    client.abort();
    await expect(answer).rejects.toThrow('abort');
    await expect.poll(() => rasa.abandoned, SLOWLY).toBe(1);
    expect(errors).toEqual([]);
    gate.resolve();
  });

  it('is not made before it is needed', async () => {
    const assistant = new RasaAssistant({ url: 'http://127.0.0.1:1' });
    await assistant.close();
  });
});
