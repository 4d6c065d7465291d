import { MemoryStore, Trunkline, type TrunklineOptions } from '@trunkline/core';
import { RasaAssistant, RasaCallback, type RasaOptions } from '@trunkline/rasa';
import { RestInput } from '@trunkline/rest';
import { SqliteStore } from '@trunkline/sqlite';
import { FakeClock, startLine } from '@trunkline/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../scripts/test-support/deferred.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { PlatformInput, type Platform } from './support/platform.ts';
import { atEnd, endAfterEach, SLOWLY, startRasa } from './support/scene.ts';
import type { Agent, RasaStandIn, StandInOptions } from './support/stand-in.ts';

expectNoUnhandledRejections();
endAfterEach();

const SECRET = 'aSecretOfSomeLength';
const APOLOGY = 'I am not well just now.';

interface Process {
  rasa: RasaStandIn;
  platform: Platform;
  url: string;
  line: Trunkline;
  errors: string[];
  close: () => Promise<void>;
  /** Ada writes to the platform. */
  write: (id: string, text?: string) => Promise<void>;
  /** Posts to the callback as Rasa would. */
  post: (
    body: unknown,
    init?: { query?: string; headers?: Record<string, string> },
  ) => Promise<Response>;
}

interface Setup {
  rasa?: RasaStandIn;
  standIn?: StandInOptions;
  isVia?: boolean;
  options?: Partial<RasaOptions>;
  line?: Partial<TrunklineOptions>;
}

/** A line with a platform, REST and the callback, and a Rasa whose assistant and caller it is. */
async function start({ rasa: given, standIn, isVia, options, line }: Setup = {}): Promise<Process> {
  const rasa = given ?? (await startRasa({ api: true, ...standIn }));
  const platform: Platform = { sent: [], onSend: () => {} };
  const callback = new RasaCallback({ secret: SECRET });
  const via = isVia === true ? { via: callback } : {};
  const errors: string[] = [];
  const started = await startLine({
    channels: [new PlatformInput(platform), new RestInput(), callback],
    assistant: new RasaAssistant({ url: rasa.url, retryMs: 0, ...via, ...options }),
    apology: APOLOGY,
    onError: (error) => void errors.push(error.message),
    ...line,
  });
  atEnd(started.close);
  const { url } = started;
  const path = `${url}/webhooks/rasa/webhook`;
  rasa.callbackUrl = `${path}?token=${SECRET}`;
  const json = { 'content-type': 'application/json' };
  return {
    rasa,
    platform,
    url,
    line: started.line,
    errors,
    close: started.close,
    write: async (id, text = `message ${id}`) => {
      const body = JSON.stringify({ id, text });
      const to = `${url}/webhooks/platform/webhook`;
      const response = await fetch(to, { method: 'POST', headers: json, body });
      expect(response.status).toBe(200);
    },
    post: (body, { query = `?token=${SECRET}`, headers = {} } = {}) =>
      fetch(path + query, {
        method: 'POST',
        headers: { ...json, ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
  };
}

const ADA = 'platform:T1:U1';

describe('what Rasa says of itself', () => {
  it('reaches the channel of its conversation, in its order', async () => {
    const { rasa, platform, write } = await start();
    await write('1');
    await expect.poll(() => platform.sent, SLOWLY).toHaveLength(1);
    await rasa.proactive(ADA, async (bot) => {
      await bot.utter({ text: 'Your table is booked.\n\nSee you at eight.' });
      await bot.utter({ text: 'Will you come?', buttons: [{ title: 'Yes', payload: '/affirm' }] });
    });
    expect(rasa.callbackStatuses).toEqual([200, 200, 200]);
    await expect
      .poll(() => platform.sent, SLOWLY)
      .toEqual([
        'You said: message 1',
        'Your table is booked.',
        'See you at eight.',
        'Will you come?',
        '1: Yes (/affirm)',
      ]);
  });

  it('reaches it after a restart, and is not lost while the platform is away', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'trunkline-rasa-'));
    atEnd(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, 'store.db');
    const one = await start({ line: { store: new SqliteStore({ file }) } });
    await one.write('1');
    await expect.poll(() => one.platform.sent, SLOWLY).toHaveLength(1);
    await one.close();

    const two = await start({ rasa: one.rasa, line: { store: new SqliteStore({ file }) } });
    // The platform hangs: what Rasa says is in the store, and Rasa is answered.
    two.platform.onSend = () => new Promise(() => {});
    await one.rasa.proactive(ADA, (bot) => bot.utter({ text: 'A reminder' }));
    expect(one.rasa.callbackStatuses).toEqual([200]);
    expect(two.platform.sent).toEqual([]);
    await two.close();

    const three = await start({ rasa: one.rasa, line: { store: new SqliteStore({ file }) } });
    await expect.poll(() => three.platform.sent, SLOWLY).toEqual(['A reminder']);
  });

  it('waits for a store that is away for a moment', async () => {
    const store = new MemoryStore();
    const add = store.turns.add.bind(store.turns);
    const { platform, write, post } = await start({ line: { store } });
    await write('1');
    await expect.poll(() => platform.sent, SLOWLY).toHaveLength(1);
    let failures = 0;
    store.turns.add = (...args) => {
      if (failures++ < 2) return Promise.reject(new Error('the disk is full'));
      return add(...args);
    };
    expect((await post({ recipient_id: ADA, text: 'A reminder' })).status).toBe(200);
    expect(failures).toBe(3);
    await expect.poll(() => platform.sent, SLOWLY).toEqual(['You said: message 1', 'A reminder']);
  });

  it('is said once where the store took it, and could not say so', async () => {
    const store = new MemoryStore();
    const add = store.turns.add.bind(store.turns);
    const { platform, write, post } = await start({ line: { store } });
    await write('1');
    await expect.poll(() => platform.sent, SLOWLY).toHaveLength(1);
    let isLost = true;
    store.turns.add = async (...args) => {
      const added = await add(...args);
      if (!isLost) return added;
      isLost = false;
      throw new Error('the connection to the store broke');
    };
    expect((await post({ recipient_id: ADA, text: 'A reminder' })).status).toBe(200);
    expect((await post({ recipient_id: ADA, text: 'Another one' })).status).toBe(200);
    await expect.poll(() => platform.sent.at(-1), SLOWLY).toBe('Another one');
    expect(platform.sent).toEqual(['You said: message 1', 'A reminder', 'Another one']);
  });

  it('is refused with 500, and reported, where the store stays away', async () => {
    const store = new MemoryStore();
    const { write, platform, post, errors } = await start({ line: { store } });
    await write('1');
    await expect.poll(() => platform.sent, SLOWLY).toHaveLength(1);
    store.turns.add = () => Promise.reject(new Error('the disk is full'));
    expect((await post({ recipient_id: ADA, text: 'A reminder' })).status).toBe(500);
    expect(errors).toEqual(['the disk is full']);
  }, 20_000);

  it.each([
    ['a conversation of nobody', 'U1', 404, 'unknown_conversation'],
    ['a channel that is not there', 'fax:T1:U1', 404, 'unknown_channel'],
    ['a channel that only answers', 'rest::ada', 409, 'not_contactable'],
    ['somebody who never wrote', 'platform:T1:U9', 409, 'unreachable'],
    ['a message without a sender', 'rest:~:m1', 404, 'unknown_conversation'],
  ])('to %s is refused', async (_what, recipient_id, status, code) => {
    const { post } = await start();
    const response = await post({ recipient_id, text: 'A reminder' });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code });
  });

  it.each<[string, unknown]>([
    ['no JSON', 'hello'],
    ['an array, as the documentation of Rasa has it', [{ recipient_id: ADA, text: 'Hi' }]],
    ['no recipient', { text: 'Hi' }],
    ['a recipient that is no text', { recipient_id: 5, text: 'Hi' }],
    ['a text that is none', { recipient_id: ADA, text: 5 }],
  ])('that is %s is refused with 400', async (_what, body) => {
    const { post } = await start();
    expect((await post(body)).status).toBe(400);
  });

  it('is said also with the numbers of Python that are none in JSON', async () => {
    const { platform, write, post } = await start();
    await write('1');
    await expect.poll(() => platform.sent, SLOWLY).toHaveLength(1);
    const answer = await post(`{"recipient_id": "${ADA}", "custom": {"price": NaN}}`);
    expect(answer.status).toBe(200);
    await expect.poll(() => platform.sent, SLOWLY).toContain('{"price": null}');
  });

  it('and says nothing, is taken', async () => {
    const { post } = await start();
    expect((await post({ recipient_id: ADA, text: '' })).status).toBe(200);
  });
});

describe('the secret', () => {
  const message = { recipient_id: 'rest:~:m1', text: 'Hi' };

  it.each([
    ['none', '', {}],
    ['a wrong one in the address', '?token=wrong', {}],
    ['a wrong one in the header', '', { authorization: 'Bearer wrong' }],
    ['another header', '', { authorization: `Basic ${SECRET}` }],
  ])('%s is refused with 401', async (_what, query, headers) => {
    const { post } = await start();
    const response = await post(message, { query, headers });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: 'unauthenticated' });
  });

  it('may stand in a header', async () => {
    const callback = new RasaCallback({ secret: ['anotherSecret1234', 'aSecretWithoutSpaces'] });
    const { url, close } = await startLine({ channels: [callback], assistant: () => {} });
    atEnd(close);
    const response = await fetch(`${url}/webhooks/rasa/webhook`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: 'Bearer aSecretWithoutSpaces',
      },
      body: JSON.stringify(message),
    });
    expect(response.status).toBe(404);
    expect((await fetch(`${url}/webhooks/rasa/`)).status).toBe(200);
  });
});

describe('an assistant by way of the callback', () => {
  it('answers in the turn, live ones too, and reminders find their way', async () => {
    const { rasa, platform, url, write } = await start({
      isVia: true,
      standIn: {
        agent: async ({ text }, bot) => {
          await bot.utter({ text: `You said: ${text}` });
          await bot.utter({ image: 'https://a.example/p.png' });
        },
      },
    });
    const answer = await fetch(`${url}/webhooks/rest/webhook`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"sender":"ada","message":"Hi"}',
    });
    expect(await answer.json()).toEqual([
      { recipient_id: 'ada', text: 'You said: Hi' },
      { recipient_id: 'ada', image: 'https://a.example/p.png' },
    ]);
    await write('1');
    await expect.poll(() => platform.sent, SLOWLY).toHaveLength(2);
    await rasa.proactive(ADA, (bot) => bot.utter({ text: 'A reminder' }));
    await expect.poll(() => platform.sent.at(-1), SLOWLY).toBe('A reminder');
    expect(rasa.requests).toEqual([
      'POST /webhooks/callback/webhook',
      'POST /webhooks/callback/webhook',
    ]);
  });

  // The story: of two messages at once, the second request got both answers and the first none, since the newer
  // turn took the place of the older one. Rasa answers a conversation's messages one after the other.
  it('answers each of two messages at once in its own turn', async () => {
    const [both, gate] = [deferred(), deferred()];
    let count = 0;
    const { rasa, url, line } = await start({
      isVia: true,
      line: { overlap: 'parallel' },
      standIn: {
        agent: async ({ text }, bot) => {
          if (++count === 2) both.resolve();
          await (text === 'one' ? both.promise : gate.promise);
          await bot.utter({ text: `You said: ${text}` });
        },
      },
    });
    const ask = async (message: string): Promise<unknown> => {
      const answer = await fetch(`${url}/webhooks/rest/webhook`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ sender: 'ada', message }),
      });
      return await answer.json();
    };
    const first = ask('one');
    await expect.poll(() => count, SLOWLY).toBe(1);
    const second = ask('two');
    expect(await first).toEqual([{ recipient_id: 'ada', text: 'You said: one' }]);
    gate.resolve();
    expect(await second).toEqual([{ recipient_id: 'ada', text: 'You said: two' }]);
    expect([rasa.requests.length, line.channels.length]).toEqual([2, 3]);
  });

  // The story: a second message took the place of the first, whose answer Rasa still made. It was posted while
  // the second one waited, and said as its answer; and where nobody waited, as a message that nobody asked for.
  it.each([
    ['while the next turn waits', true],
    ['while no turn does', false],
  ])('does not say what Rasa posts late of a turn that was ended, %s', async (_when, isNext) => {
    const gates = [deferred(), deferred()];
    // Rasa's own lock: a conversation's messages, one after the other.
    const done = [deferred(), deferred()];
    let count = 0;
    const agent: Agent = async ({ text }, bot) => {
      const index = count++;
      await done[index - 1]?.promise;
      await gates[index]?.promise;
      await bot.utter({ text: `You said: ${text}` });
      await bot.utter({ text: 'Anything else?' });
      done[index]?.resolve();
    };
    const { rasa, platform, write, errors } = await start({
      isVia: true,
      standIn: { agent },
      line: isNext ? { overlap: 'latest' } : { turns: { deadlineMs: 200 }, apology: () => null },
    });
    await write('1', 'one');
    await expect.poll(() => rasa.heard.length, SLOWLY).toBe(1);
    if (isNext) await write('2', 'two');
    await expect.poll(() => rasa.heard.length + errors.length, SLOWLY).toBe(2);
    gates[0]?.resolve();
    await expect.poll(() => rasa.callbackStatuses, SLOWLY).toEqual([200, 200]);
    if (!isNext) await write('2', 'two');
    gates[1]?.resolve();
    await expect.poll(() => platform.sent, SLOWLY).toEqual(['You said: two', 'Anything else?']);
    expect(rasa.callbackStatuses).toEqual([200, 200, 200, 200]);
  });

  it('is listened to after a turn that was ended for as long as Rasa has its lock', async () => {
    const clock = new FakeClock();
    const { rasa, platform, write, post } = await start({
      isVia: true,
      options: { clock },
      line: { overlap: 'latest' },
      standIn: {
        agent: ({ text }, bot) => (text === 'two' ? bot.utter({ text }) : new Promise(() => {})),
      },
    });
    await write('1', 'one');
    await expect.poll(() => rasa.heard.length, SLOWLY).toBe(1);
    await write('2', 'two');
    await expect.poll(() => rasa.callbackStatuses, SLOWLY).toEqual([200]);
    await expect.poll(() => clock.pending, SLOWLY).toBe(1);
    await clock.advance(60_000);
    await expect.poll(() => rasa.abandoned, SLOWLY).toBe(1);
    expect((await post({ recipient_id: ADA, text: 'A reminder' })).status).toBe(200);
    await expect.poll(() => platform.sent, SLOWLY).toEqual(['A reminder']);
  });

  // What makes channels of a file, `trunkline run` say, gives nobody the object.
  it('is found by its name, by an assistant that takes the place of another one too', async () => {
    const { rasa, url, line } = await start({ options: { via: 'rasa' } });
    const ask = async (): Promise<unknown> => {
      const answer = await fetch(`${url}/webhooks/rest/webhook`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"sender":"ada","message":"Hi"}',
      });
      return await answer.json();
    };
    const expected = [{ recipient_id: 'ada', text: 'You said: Hi' }];
    expect(await ask()).toEqual(expected);
    const next = new RasaAssistant({ url: rasa.url, via: 'rasa' });
    atEnd(() => next.close());
    line.assistant = next;
    expect(await ask()).toEqual(expected);
    expect(rasa.requests).toEqual(Array(2).fill('POST /webhooks/callback/webhook'));
    expect(() => {
      line.assistant = new RasaAssistant({ url: rasa.url, via: 'rsa' });
    }).toThrow(
      'via names "rsa", and the line has no channel of this name: it has platform, rest, rasa',
    );
    expect(line.assistant).toBe(next);
    const wrong = {
      channels: [new RestInput()],
      assistant: new RasaAssistant({ url, via: 'rest' }),
    };
    expect(() => new Trunkline(wrong)).toThrow(
      'via names "rest", and this channel is no RasaCallback',
    );
  });

  it('says what is missing where it never learns of the channels', async () => {
    const rasa = new RasaAssistant({ url: 'http://127.0.0.1:1', via: 'rasa' });
    const { url, errors } = await start({
      line: { assistant: (message, reply) => rasa.handle(message, reply) },
    });
    await fetch(`${url}/webhooks/rest/webhook`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"sender":"ada","message":"Hi"}',
    });
    expect(errors).toEqual([
      expect.stringContaining("nobody has told the assistant of the line's"),
    ]);
  });

  it('is away, and is asked again until it is there', async () => {
    const { rasa, platform, write } = await start({ isVia: true, options: { retryMs: 60_000 } });
    rasa.faults.push((req) => req.socket.destroy());
    await write('1');
    await expect.poll(() => platform.sent, SLOWLY).toEqual(['You said: message 1']);
  });

  it('is not asked again where it says that it is done, and nothing more', async () => {
    const { rasa, platform, write, errors } = await start({
      isVia: true,
      options: { retryMs: 60_000 },
    });
    rasa.faults.push((req, res) => {
      res.writeHead(200, { 'content-length': 7 });
      res.write('succ', () => req.socket.destroy());
    });
    await write('1');
    await write('2');
    await expect.poll(() => platform.sent, SLOWLY).toEqual(['You said: message 2']);
    expect(rasa.heard.map(({ text }) => text)).toEqual(['message 2']);
    expect(errors).toEqual([]);
  });

  it('fails within an answer, and the user gets what was said and the apology', async () => {
    const { rasa, platform, write, errors } = await start({
      isVia: true,
      options: { retryMs: 60_000 },
      standIn: {
        agent: async (_heard, bot) => {
          await bot.utter({ text: 'one' });
          throw new Error('the action server is not there');
        },
      },
    });
    await write('1');
    await expect.poll(() => platform.sent, SLOWLY).toEqual(['one', APOLOGY]);
    expect(errors).toEqual(['Rasa answered 500 on /webhooks/callback/webhook; its log says why']);
    expect(rasa.heard).toHaveLength(1);
  });

  it('goes silent within an answer, and is not waited for for ever', async () => {
    const gate = deferred();
    const { platform, write, errors } = await start({
      isVia: true,
      options: { idleMs: 100 },
      standIn: {
        agent: async (_heard, bot) => {
          await bot.utter({ text: 'one' });
          await gate.promise;
        },
      },
    });
    await write('1');
    await expect.poll(() => platform.sent, SLOWLY).toEqual(['one', APOLOGY]);
    expect(errors).toEqual(['Rasa went on with no answer within 100 ms (idleMs)']);
    gate.resolve();
  });

  it('fails its turn where a response could not be sent, as with rest', async () => {
    const { rasa, platform, write, errors } = await start({ isVia: true });
    let count = 0;
    platform.onSend = () => {
      if (count++ === 0) throw new Error('the platform refuses this');
    };
    await write('1');
    await expect.poll(() => platform.sent, SLOWLY).toEqual([APOLOGY]);
    expect(errors).toEqual(['the platform refuses this']);
    expect(rasa.callbackStatuses).toEqual([500]);
  });
});
