import { ProactiveError, StoreError, type AssistantObject, type BotMessage } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';
import type { ProactiveOptions } from '../../src/turns/proactive.ts';
import { post, say } from '../support/engine.ts';
import { settle } from '../support/fake-clock.ts';
import { away, failing, PlatformOutput, refused, unanswered } from '../support/platform.ts';
import { Processes, type EngineProcess, type ProcessSetup } from '../support/processes.ts';

expectNoUnhandledRejections();

const MINUTE_MS = 60_000;

/** A process in which Ada has written on the channel `test`. */
async function withAda(
  assistant: Partial<AssistantObject> = {},
  setup: ProcessSetup = {},
): Promise<{ all: Processes } & EngineProcess> {
  const all = new Processes();
  const process = all.start({ handle: () => {}, ...assistant }, setup);
  await process.turns.accept(post('Hi'));
  await all.clock.advance(0);
  return { all, ...process };
}

describe('a response that is sent', () => {
  it('is stored before the call resolves, and delivered', async () => {
    const { all, engine } = await withAda();
    const posted = await engine.proactive.send('ada', { text: 'Your parcel is here' });
    expect(posted).toMatchObject({ status: 'accepted', channel: 'test', account: null });
    await all.clock.advance(0);
    expect(all.platform.texts).toEqual(['Your parcel is here']);
    expect(all.platform.arrived[0]?.to).toBe('ada');
  });

  // The story: a round letter that was filled in for each user, and not awaited, told all of them the last one's.
  it('says what the response was when it was given', async () => {
    const { all, engine } = await withAda();
    const response = { text: '', custom: { to: '' } };
    const sent = ['1', '2', '3'].map((text) => {
      response.text = text;
      response.custom.to = text;
      return engine.proactive.send('ada', response);
    });
    await Promise.all(sent);
    await all.clock.advance(0);
    expect(all.platform.texts).toEqual(
      ['1', '2', '3'].flatMap((text) => [text, `{"to": "${text}"}`]),
    );
  });

  it('may come from a channel, for a conversation of another one', async () => {
    const { all, engine } = await withAda();
    const posted = await engine.for('relay').send('ada', { text: 'news' }, { channel: 'test' });
    expect(posted).toMatchObject({ status: 'accepted', channel: 'test' });
    await all.clock.advance(0);
    expect(all.platform.texts).toEqual(['news']);
  });

  it('waits for the turn that is under way, and what comes after waits for it', async () => {
    const all = new Processes();
    let go = (): void => {};
    const gate = new Promise<void>((resolve) => (go = resolve));
    const { engine, turns } = all.start(async (message, reply) => {
      if (message.text === '1') await gate;
      await reply.text(`answer to ${message.text}`);
    });
    await turns.accept(post('0'));
    await all.clock.advance(0);
    await turns.accept(post('1'));
    await engine.proactive.send('ada', { text: 'news' });
    await turns.accept(post('2'));
    await all.clock.advance(0);
    expect(all.platform.texts).toEqual(['answer to 0']);
    go();
    await all.clock.advance(0);
    expect(all.platform.texts.slice(1)).toEqual(['answer to 1', 'news', 'answer to 2']);
  });

  it('is delivered by another process if this one dies before it is', async () => {
    const { all, engine, kill } = await withAda();
    all.platform.onRequest = () => kill();
    await engine.proactive.send('ada', { text: 'news' });
    await all.clock.advance(0);
    expect(all.platform.texts).toEqual([]);
    all.platform.onRequest = () => {};
    all.start(() => {});
    await all.clock.advance(100);
    expect(all.platform.texts).toEqual(['news']);
  });

  it('is not said twice where the process dies after it has arrived', async () => {
    const { all, engine, kill } = await withAda({}, { canBeAsked: true });
    all.platform.onArrived = () => kill();
    const sentAt = all.clock.now();
    await engine.proactive.send('ada', { text: 'news' });
    await all.clock.advance(0);
    expect(all.platform.texts).toEqual(['news']);
    all.platform.onArrived = () => {};
    all.start(() => {}, { canBeAsked: true });
    await all.clock.advance(100);
    expect(all.platform.texts).toEqual(['news']);
    expect(all.platform.asked).toHaveLength(1);
    expect(all.platform.askedSince).toEqual([sentAt]);
  });

  it('is tried again while the platform is away, holding its conversation only', async () => {
    const { all, engine, turns } = await withAda({
      handle: async (message, reply) => void (await reply.text(`to ${message.text}`)),
    });
    all.platform.onRequest = ({ text }) => {
      if (text === 'news') failing(away)();
    };
    await engine.proactive.send('ada', { text: 'news' });
    await all.clock.advance(20_000);
    await turns.accept(post('1'));
    await turns.accept(post('1', { senderId: 'bob', address: { to: 'bob' } }));
    await all.clock.advance(0);
    expect(all.platform.arrived.map(({ to }) => to)).toEqual(['ada', 'bob']);
    all.platform.onRequest = () => {};
    await all.clock.advance(MINUTE_MS);
    expect(all.platform.texts).toEqual(['to Hi', 'to 1', 'news', 'to 1']);
  });

  it('becomes a dead letter that can be replayed, and stays proactive', async () => {
    const { all, engine, turns } = await withAda({}, { overlap: 'latest' });
    all.platform.onRequest = failing(refused);
    await engine.proactive.send('ada', { text: 'news' }, { idempotencyKey: 'k' });
    await all.clock.advance(0);
    const [letter] = await engine.deadLetters.list();
    expect(letter).toMatchObject({
      channel: 'test',
      message: { messageId: 'k', text: null },
      progress: { proactive: 'response', pending: [{ response: { text: 'news' } }] },
    });
    all.platform.onRequest = () => {};
    await engine.replay(letter?.id ?? '');
    await turns.accept(post('a newer one'));
    await all.clock.advance(0);
    expect(all.platform.texts).toEqual(['news']);
  });

  it('is part of the history once it was delivered', async () => {
    const seen: unknown[] = [];
    const { all, engine, turns } = await withAda({
      handle: async (message, reply) => {
        if (message.text === 'what?') seen.push(...(await reply.history(10)));
      },
    });
    all.platform.onArrived = failing(unanswered, 1);
    await engine.proactive.send('ada', { text: 'news' });
    await all.clock.advance(MINUTE_MS);
    await turns.accept(post('what?'));
    await all.clock.advance(0);
    expect(seen).toMatchObject([
      { role: 'user', text: 'Hi' },
      { role: 'assistant', text: 'news' },
    ]);
  });

  it('goes through the transforms, which may drop it', async () => {
    const transform = (response: { text?: string | null }) =>
      response.text === 'secret' ? null : { text: `${response.text}!` };
    const { all, engine } = await withAda({}, { transforms: [{ transform, passStreams: false }] });
    expect(await engine.proactive.send('ada', { text: 'secret' })).toMatchObject({
      status: 'dropped',
    });
    await engine.proactive.send('ada', { text: 'news' });
    await all.clock.advance(0);
    expect(all.platform.texts).toEqual(['news!']);
  });

  it('that has nothing to say is refused, and so is what is no response', async () => {
    const { engine } = await withAda();
    await expect(engine.proactive.send('ada', { txt: 'typo' })).rejects.toMatchObject({
      code: 'nothing_to_say',
    });
    // As somebody may call it who has no compiler.
    const text = 'news' as unknown as { text: string };
    await expect(engine.proactive.send('ada', text)).rejects.toThrow('must be an object');
  });

  // The story: a WhatsApp template, `{ channels: { sms: { contentSid } } }`, was an answer and no proactive message,
  // which is what templates are for.
  it('may say something in its channel’s own words alone', async () => {
    const { engine } = await withAda();
    const template = { contentSid: 'HX1' };
    expect(await engine.proactive.send('ada', { channels: { test: template } })).toMatchObject({
      status: 'accepted',
    });
    for (const channels of [{ another: template }, { test: {} }, { test: { text: '' } }]) {
      const sending = engine.proactive.send('ada', { channels });
      await expect(sending).rejects.toMatchObject({ code: 'nothing_to_say' });
    }
  });

  it('is refused where too much waits', async () => {
    const gate = new Promise<void>(() => {});
    const { all, engine, turns } = await withAda(
      { handle: (message) => (message.text === '1' ? gate : undefined) },
      { limits: { maxQueued: 1 } },
    );
    await turns.accept(post('1'));
    await all.clock.advance(0);
    await engine.proactive.send('ada', { text: 'a' });
    await expect(engine.proactive.send('ada', { text: 'b' })).rejects.toMatchObject({
      code: 'queue_full',
      status: 429,
    });
  });

  it('gives way to no newer message, and is not stopped with an answer', async () => {
    for (const end of ['latest', 'cancel', 'live']) {
      const options = { overlap: 'latest', delivery: { retryMs: 0 } } as const;
      const { all, engine, turns } = await withAda({}, options);
      all.platform.onRequest = failing(away, 1);
      await engine.proactive.send('ada', { text: 'news' });
      await all.clock.advance(1000);
      let live: Promise<void> | null = null;
      if (end === 'latest') await turns.accept(post('newer'));
      else if (end === 'cancel') expect(await turns.cancel({ senderId: 'ada' })).toBe(false);
      else live = turns.run(say('newer'));
      await all.clock.advance(MINUTE_MS);
      await live;
      expect(all.platform.texts).toEqual(['news']);
    }
  });

  it('waits out of the way of `latest` and `debounce` when it is queued', async () => {
    for (const overlap of ['latest', 'debounce'] as const) {
      const handled: (string | null)[] = [];
      const gate = { open: (): void => {} };
      const { all, engine, turns } = await withAda(
        {
          handle: async (message) => {
            handled.push(message.text);
            if (message.text === 'Hi') return;
            await new Promise<void>((resolve) => (gate.open = resolve));
          },
        },
        { overlap },
      );
      await all.clock.advance(MINUTE_MS);
      await turns.accept(post('1'));
      await engine.proactive.send('ada', { text: 'news' });
      await turns.accept(post('2'));
      await all.clock.advance(MINUTE_MS - 1);
      gate.open();
      await all.clock.advance(MINUTE_MS - 1);
      gate.open();
      await all.clock.advance(10);
      expect(all.platform.texts).toEqual(['news']);
      expect(handled.at(-1)).toBe('2');
      expect(handled).not.toContain('1\n2');
    }
  });

  it('leaves an open menu open', async () => {
    const heard: unknown[] = [];
    const all = new Processes();
    const { engine, turns } = all.start(
      async (message, reply) => {
        if (message.text === 'Hi') await reply.buttons('Size?', [{ title: 'S', payload: '/s' }]);
        else heard.push(message.text);
      },
      {
        makeOutput: () => Object.assign(new PlatformOutput(all.platform), { numbersChoices: true }),
      },
    );
    await turns.accept(post('Hi'));
    await all.clock.advance(0);
    await engine.proactive.send('ada', { text: 'news' });
    await all.clock.advance(0);
    await turns.accept(post('1'));
    await all.clock.advance(0);
    expect(heard).toEqual(['/s']);
  });
});

describe('an idempotency key', () => {
  it('makes a repeated call harmless', async () => {
    const { all, engine } = await withAda();
    const send = () => engine.proactive.send('ada', { text: 'news' }, { idempotencyKey: 'k' });
    expect(await send()).toMatchObject({ status: 'accepted', messageId: 'k' });
    expect(await send()).toMatchObject({ status: 'duplicate', messageId: 'k' });
    await all.clock.advance(0);
    expect(await send()).toMatchObject({ status: 'duplicate' });
    await all.clock.advance(0);
    expect(all.platform.texts).toEqual(['news']);
  });

  it('keeps to the channel of the first call, though the user has moved on', async () => {
    const { all, engine } = await withAda();
    const send = () => engine.proactive.send('ada', { text: 'news' }, { idempotencyKey: 'k' });
    await send();
    await engine.for('sms').accept(post('Hi'));
    await all.clock.advance(0);
    expect(await send()).toMatchObject({ status: 'duplicate', channel: 'test' });
    await all.clock.advance(0);
    expect(all.platform.texts).toEqual(['news']);
  });

  it('stands for one message of one conversation', async () => {
    const { all, engine, turns } = await withAda();
    await turns.accept(post('Hi', { senderId: 'bob', address: { to: 'bob' } }));
    await all.clock.advance(0);
    const key = { idempotencyKey: 'k' };
    await engine.proactive.send('ada', { text: 'news' }, key);
    await engine.proactive.send('bob', { text: 'news' }, key);
    await expect(engine.proactive.send('ada', { text: 'other' }, key)).rejects.toMatchObject({
      status: 409,
      code: 'idempotency_key_reused',
    });
    await expect(
      engine.proactive.send('ada', { text: 'x' }, { idempotencyKey: '' }),
    ).rejects.toThrow('must not be empty');
    await all.clock.advance(0);
    expect(all.platform.arrived.map(({ to }) => to)).toEqual(['ada', 'bob']);
  });

  it('is not used up by what is refused', async () => {
    const { all, engine } = await withAda();
    const key = { idempotencyKey: 'k' };
    await expect(engine.proactive.send('ada', { txt: 'typo' }, key)).rejects.toMatchObject({
      code: 'nothing_to_say',
    });
    const send = () => engine.proactive.send('ada', { text: 'news' }, key);
    expect(await send()).toMatchObject({ status: 'accepted' });
    // Nor is one that an earlier call has taken given back.
    await expect(engine.proactive.send('ada', { txt: 'typo' }, key)).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    });
    expect(await send()).toMatchObject({ status: 'duplicate' });
    await all.clock.advance(0);
    expect(all.platform.texts).toEqual(['news']);
  });

  // The documentation says that it is free, and it stood for what nobody got for two days.
  it('is not used up where the channel does not know its address any more', async () => {
    const all = new Processes();
    let isGone = false;
    const makeOutput = (): PlatformOutput => {
      if (isGone) throw new Error('the account is gone');
      return new PlatformOutput(all.platform);
    };
    const { engine, turns } = all.start(() => {}, { makeOutput });
    await turns.accept(post('Hi'));
    await all.clock.advance(0);
    const send = (text: string) => engine.proactive.send('ada', { text }, { idempotencyKey: 'k' });
    isGone = true;
    await expect(send('news')).rejects.toThrow('the account is gone');
    isGone = false;
    expect(await send('better news')).toMatchObject({ status: 'accepted' });
    await all.clock.advance(0);
    expect(all.platform.texts).toEqual(['better news']);
    expect(await engine.deadLetters.list()).toEqual([]);
  });

  it('is not used up where too much waits', async () => {
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => (open = resolve));
    const { all, engine, turns } = await withAda(
      { handle: (message) => (message.text === '1' ? gate : undefined) },
      { limits: { maxQueued: 1 } },
    );
    await turns.accept(post('1'));
    await all.clock.advance(0);
    await engine.proactive.send('ada', { text: 'a' });
    const key = { idempotencyKey: 'k' };
    const refusal = { code: 'queue_full' };
    await expect(engine.proactive.send('ada', { text: 'b' }, key)).rejects.toMatchObject(refusal);
    open();
    await all.clock.advance(0);
    expect(await engine.proactive.send('ada', { text: 'c' }, key)).toMatchObject({
      status: 'accepted',
    });
    await all.clock.advance(0);
    expect(all.platform.texts).toEqual(['a', 'c']);
  });

  // The key was free with its message under way: another message with it was told that it had been taken.
  it('is not freed by a call that fails beside one that succeeds', async () => {
    let calls = 0;
    const transform = async (response: BotMessage): Promise<BotMessage> => {
      if (++calls === 1) throw new Error('oops');
      if (calls === 2) await all.clock.sleep(10);
      return response;
    };
    const { all, engine } = await withAda({}, { transforms: [{ transform, passStreams: false }] });
    const key = { idempotencyKey: 'k' };
    const both = [1, 2].map(() => engine.proactive.send('ada', { text: 'news' }, key));
    const settled = Promise.allSettled(both);
    await all.clock.advance(100);
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    await expect(engine.proactive.send('ada', { text: 'other' }, key)).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    });
    await all.clock.advance(0);
    expect(all.platform.texts).toEqual(['news']);
  });

  // The first to fail left it to the second, which freed nothing.
  it('is free where all calls with it have failed', async () => {
    let calls = 0;
    const transform = async (response: BotMessage): Promise<BotMessage> => {
      await all.clock.sleep(10);
      if (++calls <= 2) throw new Error('oops');
      return response;
    };
    const { all, engine } = await withAda({}, { transforms: [{ transform, passStreams: false }] });
    const send = (text: string) => engine.proactive.send('ada', { text }, { idempotencyKey: 'k' });
    const both = Promise.allSettled([send('news'), send('news')]);
    await all.clock.advance(100);
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const other = send('other');
    await all.clock.advance(100);
    expect(await other).toMatchObject({ status: 'accepted' });
    await all.clock.advance(0);
    expect(all.platform.texts).toEqual(['other']);
  });

  it('is given back once where the answer to that is lost', async () => {
    let isArmed = false;
    const after = (name: string): void => {
      if (!isArmed || name !== 'compareAndSet') return;
      isArmed = false;
      throw new StoreError('the answer was lost');
    };
    let calls = 0;
    const transform = async (response: BotMessage): Promise<BotMessage> => {
      const isFirst = ++calls === 1;
      await all.clock.sleep(isFirst ? 10 : 60_000);
      isArmed = isFirst;
      if (isFirst) throw new Error('oops');
      return response;
    };
    const setup = { transforms: [{ transform, passStreams: false }], weather: { after } };
    const { all, engine } = await withAda({}, setup);
    const send = (text: string) => engine.proactive.send('ada', { text }, { idempotencyKey: 'k' });
    const both = Promise.allSettled([send('news'), send('news')]);
    await all.clock.advance(30_000);
    await expect(send('other')).rejects.toMatchObject({ code: 'idempotency_key_reused' });
    await all.clock.advance(60_000);
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });

  it('is given back also where the store is away at that moment', async () => {
    // The caller heard of the store and not of the mistake, and the key was of no use for two days.
    const all = new Processes();
    let left = 0;
    // The first one takes the key.
    const weather = {
      before: (name: string) => {
        const isGivenBack = name === 'compareAndSet' && left > 0 && left-- < 3;
        if (isGivenBack) throw new StoreError('the store is away');
      },
    };
    const { engine, turns } = all.start(() => {}, { weather });
    await turns.accept(post('Hi'));
    await all.clock.advance(0);
    const key = { idempotencyKey: 'k' };
    left = 3;
    await expect(engine.proactive.send('ada', { txt: 'typo' }, key)).rejects.toMatchObject({
      code: 'nothing_to_say',
    });
    await all.clock.advance(10_000);
    const send = () => engine.proactive.send('ada', { text: 'news' }, key);
    expect(await send()).toMatchObject({ status: 'accepted' });
    await all.clock.advance(0);
    expect(all.platform.texts).toEqual(['news']);
  });

  it('also where the user could not be reached any more', async () => {
    const { all, engine } = await withAda();
    const options = { idempotencyKey: 'k', channel: 'test' };
    const send = () => engine.proactive.send('ada', { text: 'news' }, options);
    await send();
    await engine.for('test').accept(post('Hi', { account: 'T2' }));
    await all.clock.advance(0);
    await expect(engine.proactive.send('ada', { text: 'x' }, { channel: 'test' })).rejects.toThrow(
      'on several accounts',
    );
    expect(await send()).toMatchObject({ status: 'duplicate', account: null });
  });

  it('is looked for while the user is', async () => {
    let isSlow = false;
    const under = new Set<string>();
    const seen: string[][] = [];
    const weather = {
      before: async (name: string) => {
        if (!isSlow) return;
        under.add(name);
        await settle();
        seen.push([...under].toSorted());
        under.delete(name);
      },
    };
    const { engine } = await withAda({}, { weather });
    isSlow = true;
    await engine.proactive.send('ada', { text: 'news' }, { idempotencyKey: 'k' });
    expect(seen[0]).toEqual(['get', 'last']);
  });

  it('makes one of two calls at the same time, in two processes', async () => {
    const { all, engine } = await withAda();
    const other = all.start(() => {});
    const send = (at: typeof engine) =>
      at.proactive.send('ada', { text: 'news' }, { idempotencyKey: 'k' });
    const both = await Promise.all([send(engine), send(other.engine)]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['accepted', 'duplicate']);
    await all.clock.advance(100);
    expect(all.platform.texts).toEqual(['news']);
  });

  it('is safe wherever the process dies, and wherever an answer is lost', async () => {
    for (const call of ['compareAndSet', 'add']) {
      const all = new Processes();
      let isArmed = false;
      const weather = {
        after: (name: string) => {
          if (isArmed && name === call) {
            isArmed = false;
            throw new Error('the answer was lost');
          }
        },
      };
      const { engine, turns } = all.start(() => {}, { weather });
      await turns.accept(post('Hi'));
      await all.clock.advance(0);
      isArmed = true;
      const send = () => engine.proactive.send('ada', { text: 'news' }, { idempotencyKey: 'k' });
      await expect(send()).rejects.toThrow('lost');
      await send();
      await all.clock.advance(100);
      expect(all.platform.texts).toEqual(['news']);
    }
  });
});

describe('where a proactive message goes', () => {
  it('is the last channel that vouched for the user, or the one that is named', async () => {
    const { all, engine } = await withAda();
    await engine.for('sms').accept(post('Hi', { address: { to: '+49' } }));
    await all.clock.advance(0);
    const { proactive } = engine;
    expect(await proactive.send('ada', { text: '1' })).toMatchObject({ channel: 'sms' });
    expect(await proactive.send('ada', { text: '2' }, { channel: 'latest' })).toMatchObject({
      channel: 'sms',
    });
    expect(await proactive.send('ada', { text: '3' }, { channel: 'test' })).toMatchObject({
      channel: 'test',
    });
    // What we say ourselves is no sign of life.
    await all.clock.advance(0);
    expect(await engine.lastSeen('ada')).toMatchObject({ channel: 'sms' });
  });

  it('is never where a stranger has only claimed to be the user', async () => {
    const { all, engine, turns } = await withAda();
    const web = engine.for('web');
    await turns.run(say('I am Ada'));
    await web.accept(post('me too', { account: 's1', authenticated: false }));
    await all.clock.advance(0);
    const { proactive } = engine;
    expect(await proactive.send('ada', { text: '1' })).toMatchObject({ channel: 'test' });
    await expect(proactive.send('ada', { text: '2' }, { channel: 'web' })).rejects.toMatchObject({
      status: 409,
      code: 'unreachable',
    });
    // Whoever names the session knows whom it is with.
    expect(
      await proactive.send('ada', { text: '3' }, { channel: 'web', account: 's1' }),
    ).toMatchObject({ channel: 'web', account: 's1' });
  });

  it('is not moved by a claim where the channel has no accounts', async () => {
    const all = new Processes();
    const { engine, turns } = all.start(() => {});
    const write = async (to: string, authenticated: boolean): Promise<void> => {
      await turns.accept(post('Hi', { senderId: 'vic', address: { to }, authenticated }));
      await all.clock.advance(0);
    };
    const place = async (options: ProactiveOptions): Promise<unknown> =>
      (await engine.proactive.placeOf('vic', options)).address;
    const there = { channel: 'test' };
    const exactly = { channel: 'test', account: null };
    await write('attacker', false);
    await expect(place(there)).rejects.toMatchObject({ code: 'unreachable' });
    expect(await place(exactly)).toEqual({ to: 'attacker' });
    await write('victim', true);
    await write('attacker', false);
    for (const options of [{}, there, exactly]) {
      expect(await place(options)).toEqual({ to: 'victim' });
    }
  });

  it('has to be told where the user is known on several accounts', async () => {
    const { all, engine } = await withAda();
    const slack = engine.for('slack');
    const { proactive } = engine;
    const to = (account?: string) =>
      proactive.send('ada', { text: 'x' }, { channel: 'slack', ...(account ? { account } : {}) });
    await slack.accept(post('1', { account: 'T1', address: { to: 'in T1' } }));
    await all.clock.advance(0);
    expect(await to()).toMatchObject({ account: 'T1' });
    for (let i = 0; i < 10; i++) {
      await slack.accept(post('2', { account: 'T2', address: { to: `thread ${i}` } }));
      await all.clock.advance(0);
    }
    await expect(to()).rejects.toMatchObject({ status: 409, code: 'ambiguous' });
    await expect(to()).rejects.toThrow('T1, T2');
    expect(await to('T1')).toMatchObject({ account: 'T1' });
    await expect(to('T3')).rejects.toMatchObject({ code: 'unreachable' });
    expect(await proactive.send('ada', { text: 'x' })).toMatchObject({ account: 'T2' });
    await expect(proactive.send('ada', { text: 'x' }, { account: 'T1' })).rejects.toMatchObject({
      code: 'account_without_channel',
    });
  });

  it('is an error where there is no such channel, or it cannot be contacted', async () => {
    const canContact = (name: string) => ({ rest: false, test: true })[name];
    const { engine } = await withAda({}, { canContact });
    const to = (channel: string) => engine.proactive.send('ada', { text: 'x' }, { channel });
    await expect(to('fax')).rejects.toThrow(ProactiveError);
    await expect(to('fax')).rejects.toMatchObject({ status: 404, code: 'unknown_channel' });
    await expect(to('rest')).rejects.toMatchObject({ status: 409, code: 'not_contactable' });
    await expect(engine.proactive.send('eve', { text: 'x' })).rejects.toMatchObject({
      status: 409,
      code: 'unreachable',
    });
    await expect(
      engine.proactive.send('eve', { text: 'x' }, { channel: 'test' }),
    ).rejects.toMatchObject({ status: 409, code: 'unreachable' });
  });

  it('is the conversation that the messages were linked to', async () => {
    const order: string[] = [];
    const all = new Processes();
    const { engine, turns } = all.start(
      {
        handle: (message) => void order.push(message.text ?? ''),
        triggerIntent: (_intent, reply) => void order.push(`state ${JSON.stringify(reply.state)}`),
      },
      { conversationKey: (message) => message.metadata?.['person'] as string | undefined },
    );
    await turns.accept(post('Hi', { metadata: { person: 'p1' } }));
    await all.clock.advance(0);
    await all.shared.memory.values.set('state', 'p1', { a: 1 });
    await engine.proactive.trigger('ada', { name: 'remind' });
    await all.clock.advance(0);
    expect(order).toEqual(['Hi', 'state {"a":1}']);
  });

  it('is known after a restart', async () => {
    const { all, kill } = await withAda();
    kill();
    const { engine } = all.start(() => {});
    await engine.proactive.send('ada', { text: 'news' });
    await all.clock.advance(100);
    expect(all.platform.texts).toEqual(['news']);
  });

  it('takes nothing more once the process shuts down', async () => {
    const { all, engine } = await withAda();
    const closed = engine.close(1000);
    await all.clock.advance(0);
    await closed;
    await expect(engine.proactive.send('ada', { text: 'x' })).rejects.toMatchObject({
      code: 'shutting_down',
    });
  });
});

describe('an intent that is triggered', () => {
  it('is answered by the assistant, in the form of a message that nobody wrote', async () => {
    const seen: unknown[] = [];
    const { all, engine } = await withAda({
      triggerIntent: async ({ name, entities, message }, reply) => {
        seen.push({ name, entities });
        expect(message).toMatchObject({
          text: 'EXTERNAL: remind',
          senderId: 'ada',
          inputChannel: 'test',
          metadata: { is_external: true },
          parseData: { intent: { name: 'remind' } },
        });
        await reply.text('Do not forget');
      },
    });
    const entities = [{ entity: 'what', value: 'milk' }];
    await engine.proactive.trigger('ada', { name: 'remind', entities });
    await all.clock.advance(0);
    expect(seen).toEqual([{ name: 'remind', entities }]);
    expect(all.platform.texts).toEqual(['Do not forget']);
  });

  it('is run again if its process dies, and says nothing twice', async () => {
    const assistant = (kill: () => void): AssistantObject => ({
      handle: () => {},
      triggerIntent: async (_intent, reply) => {
        await reply.text('a');
        await settle();
        kill();
        await reply.text('b');
      },
    });
    const all = new Processes();
    const dying: EngineProcess = all.start(assistant(() => dying.kill()));
    await dying.turns.accept(post('Hi'));
    await all.clock.advance(0);
    await dying.engine.proactive.trigger('ada', { name: 'x' });
    await all.clock.advance(0);
    all.start(assistant(() => {}));
    await all.clock.advance(100);
    expect(all.platform.texts).toEqual(['a', 'b']);
  });

  it('gives way to no newer message, but is stopped like an answer', async () => {
    const all = new Processes();
    const { engine, turns, turnReports } = all.start(
      {
        handle: () => {},
        triggerIntent: async (_intent, reply) => {
          await new Promise((resolve) => reply.signal.addEventListener('abort', resolve));
        },
      },
      { overlap: 'latest' },
    );
    await turns.accept(post('Hi'));
    await all.clock.advance(0);
    await engine.proactive.trigger('ada', { name: 'x' }, { idempotencyKey: 'x' });
    await all.clock.advance(0);
    await turns.accept(post('newer'));
    await all.clock.advance(0);
    expect(turnReports).toHaveLength(1);
    expect(await turns.cancel({ senderId: 'ada' })).toBe(true);
    await all.clock.advance(0);
    expect(turnReports.slice(1)).toMatchObject([
      { messageId: 'x', outcome: 'aborted' },
      { outcome: 'answered' },
    ]);
  });

  it('that fails is a dead letter, without an apology', async () => {
    const { all, engine } = await withAda(
      {
        triggerIntent: () => {
          throw new Error('oops');
        },
      },
      { apology: 'Sorry' },
    );
    await engine.proactive.trigger('ada', { name: 'x' });
    await all.clock.advance(0);
    expect(all.platform.texts).toEqual([]);
    expect(await engine.deadLetters.list()).toMatchObject([{ reason: 'oops' }]);
  });

  it('goes through the middleware, and is no part of the history', async () => {
    const seen: (string | null)[] = [];
    const { all, engine } = await withAda(
      {
        triggerIntent: async (_intent, reply) => {
          await reply.text('Hello');
        },
      },
      {
        middleware: [
          async (message, _reply, next) => {
            seen.push(message.text);
            await next();
          },
        ],
      },
    );
    await engine.proactive.trigger('ada', { name: 'greet' });
    await all.clock.advance(0);
    expect(seen).toEqual(['Hi', 'EXTERNAL: greet']);
    expect(await all.shared.memory.lists.last('history', 'test::ada', 10)).toMatchObject([
      { text: 'Hi' },
      { role: 'assistant', text: 'Hello' },
    ]);
  });

  it('is refused where the assistant does not know it', async () => {
    const { engine } = await withAda();
    await expect(engine.proactive.trigger('ada', { name: 'x' })).rejects.toMatchObject({
      status: 404,
      code: 'unknown_intent',
    });
    const knowing = await withAda({
      triggerIntent: () => {},
      knowsIntent: async (name) => name === 'greet',
    });
    await knowing.engine.proactive.trigger('ada', { name: 'greet' });
    await expect(knowing.engine.proactive.trigger('ada', { name: 'x' })).rejects.toMatchObject({
      status: 404,
    });
  });

  it('is a dead letter where the assistant was replaced by one that takes none', async () => {
    const assistant: AssistantObject = { handle: () => {}, triggerIntent: () => {} };
    const all = new Processes();
    const { engine, turns } = all.start(assistant);
    await turns.accept(post('Hi'));
    await all.clock.advance(0);
    await turns.accept(post('keeps it waiting'));
    await engine.proactive.trigger('ada', { name: 'x' });
    delete assistant.triggerIntent;
    await all.clock.advance(0);
    expect(await engine.deadLetters.list()).toMatchObject([
      { reason: 'the assistant takes no intents: it has no triggerIntent()' },
    ]);
  });
});
