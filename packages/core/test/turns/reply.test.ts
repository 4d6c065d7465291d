import {
  CollectingOutputChannel,
  type BotMessage,
  type Reply,
  type Transform,
} from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { say, setUpEngine } from '../support/engine.ts';
import { SpyOutput, TextOutput } from '../support/outputs.ts';
import { turnOn } from '../support/turn-on.ts';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';

expectNoUnhandledRejections();

describe('reply', () => {
  it('says each kind of response with what travels on', async () => {
    const extra = { button_type: 'x' };
    const { calls } = await turnOn(new SpyOutput(), async (reply) => {
      await reply.text('t', extra);
      await reply.image('i', extra);
      await reply.attachment({ url: 'a' }, extra);
      await reply.buttons('b', [{ title: 'B' }], extra);
      await reply.quickReplies('q', [{ title: 'Q' }], extra);
      await reply.elements([{ title: 'E' }], extra);
      await reply.custom({ c: 1 }, extra);
      await reply.response({ text: 'r', id: 'x' });
    });
    expect(calls).toEqual([
      ['text', 'ada', 't', extra],
      ['image', 'ada', 'i', extra],
      ['attachment', 'ada', { url: 'a' }, extra],
      ['buttons', 'ada', 'b', [{ title: 'B' }], extra],
      ['quickReplies', 'ada', 'q', [{ title: 'Q' }], extra],
      ['elements', 'ada', [{ title: 'E' }], extra],
      ['custom', 'ada', { c: 1 }, extra],
      ['text', 'ada', 'r', { id: 'x' }],
    ]);
  });

  it.each<[said: unknown, problem: string]>([
    ['text', 'a response must be an object'],
    [{ text: 7 }, 'text of a response must be a text'],
    [{ image: { url: 'a' } }, 'image of a response must be a text'],
    [{ text: 'b', buttons: 'B' }, 'buttons of a response must be a list of objects with a "title"'],
    [{ text: 'b', buttons: [{ tile: 'B' }] }, 'buttons of a response must be a list'],
    [{ text: 'q', quickReplies: [null] }, 'quickReplies of a response must be a list'],
    // The story: by SMS such a menu could not be answered, Slack refused it, and where it was said nothing was wrong.
    [{ text: 'b', buttons: [{ title: 'B', payload: 5 }] }, 'buttons of a response must have texts'],
    [
      { channels: { sms: { buttons: [{ title: 'B', payload: {} }] } } },
      'channels.sms.buttons of a',
    ],
    // The story: they travelled on in Rasa's names, and no channel showed them.
    [{ text: 'q', quick_replies: [{ title: 'Q' }] }, 'quick_replies of a response must be written'],
    [{ elements: [{ image_url: 'https://e.example' }] }, 'must have their picture as "imageUrl"'],
    [{ elements: 'E' }, 'elements of a response must be a list of objects'],
    [{ elements: [{ buttons: [{}] }] }, 'cards, whose buttons must be a list of objects with a "'],
    [{ elements: [{ buttons: [{ title: 'B', payload: 5 }] }] }, 'whose buttons must have texts'],
    [{ channels: 'test' }, 'channels of a response must be an object by channel'],
    [{ text: 'b', channels: { test: 'B' } }, 'channels.test of a response must be an object'],
    [{ channels: { sms: { text: 5 } } }, 'channels.sms.text of a response must be a text'],
    [{ channels: { a: null, b: { buttons: 'B' } } }, 'channels.b.buttons of a response must be'],
  ])('refuses %j, and goes on', async (said, problem) => {
    const { calls } = await turnOn(new SpyOutput(), async (reply) => {
      // As somebody may say it who has no compiler.
      await expect(reply.response(said as BotMessage)).rejects.toThrow(problem);
      await reply.response({ text: 'fine', buttons: null });
    });
    expect(calls).toEqual([['text', 'ada', 'fine', { buttons: null }]]);
  });

  // The story: a channel that collects as on Rasa's page said nothing of what was meant for it by its name.
  it.each([
    ['its own name', 'collector', 'for collector'],
    ['the name of its channel', 'queue', 'for test'],
    ['both', 'test', 'for test'],
  ])('says what is said on a channel that knows %s', async (_what, name, said) => {
    const output = new CollectingOutputChannel(name);
    const others = name === 'collector' ? {} : { test: { text: 'for test' } };
    await turnOn(output, async (reply) => {
      const channels = { collector: { text: 'for collector' }, ...others };
      await reply.response({ text: 'for all', channels });
      await reply.response({ text: 'nothing else', channels: null } as unknown as BotMessage);
    });
    expect(output.messages.map(({ text }) => text)).toEqual([said, 'nothing else']);
  });

  it('says what a response was when it was asked for, also where nobody awaits it', async () => {
    const { texts } = await turnOn(new TextOutput(), (reply) => {
      const response = { text: '' };
      for (const text of ['a', 'b', 'c']) {
        response.text = text;
        void reply.response(response);
      }
    });
    expect(texts).toEqual(['a', 'b', 'c']);
  });

  it('tells the name of the channel, not that of the output channel', async () => {
    await turnOn(new TextOutput(), (reply) => expect(reply.channel).toBe('test'));
  });

  it('resolves to what the platform said', async () => {
    class Platform extends TextOutput {
      override async sendTextMessage(): Promise<void> {
        await this.deliver('a', async (_payload, key) => ({ key }));
        await this.deliver('b', async (_payload, key) => ({ key }));
      }
    }
    await turnOn(new Platform(), async (reply, { messageId }) => {
      const keys = async (): Promise<unknown[]> => {
        const { status, receipts } = await reply.text('a');
        expect(status).toBe('sent');
        return receipts.map(({ key }) => key);
      };
      expect(await keys()).toEqual([`test:${messageId}:1`, `test:${messageId}:2`]);
      expect(await keys()).toEqual([`test:${messageId}:3`, `test:${messageId}:4`]);
    });
  });

  it('rejects with what the channel threw, and goes on', async () => {
    class Fussy extends TextOutput {
      override async sendTextMessage(recipientId: string, text: string): Promise<void> {
        if (text === 'bad') throw new Error('refused');
        await super.sendTextMessage(recipientId, text);
      }
    }
    const { texts, engine } = await turnOn(new Fussy(), async (reply) => {
      await expect(reply.text('bad')).rejects.toThrow('refused');
      await reply.text('good');
    });
    expect(texts).toEqual(['good']);
    expect(engine.errors).toMatchObject([{ context: { channel: 'test', stage: 'send' } }]);
    expect(engine.sendReports.map(({ outcome }) => outcome)).toEqual(['failed', 'sent']);
    expect(engine.turnReports).toMatchObject([{ outcome: 'answered' }]);
  });

  it('reports a failure that nobody awaited, wherever it comes from', async () => {
    async function* failing(): AsyncGenerator<string> {
      yield 'a';
      throw new Error('producer');
    }
    const dropping: Transform = (response) => {
      if (response.text === 'bad') throw new Error('transform');
      return response;
    };
    const { engine } = await turnOn(
      new TextOutput(),
      (reply) => {
        void reply.text('bad');
        void reply.stream(failing());
      },
      [[dropping]],
    );
    expect(engine.errors.map(({ error }) => error.message)).toEqual(['transform', 'producer']);
    // A producer is the assistant's, and no fault of the channel.
    expect(engine.errors.map(({ context }) => context.stage)).toEqual(['send', 'assistant']);
  });

  it('reports a failure once, however far it goes', async () => {
    const engine = setUpEngine(async (_message, reply) => void (await reply.text('Hi')));
    class Failing extends TextOutput {
      override async sendTextMessage(): Promise<void> {
        throw new Error('refused');
      }
    }
    const turn = engine.turns.run(say('Hi', { outputChannel: new Failing() }));
    await expect(turn).rejects.toThrow('refused');
    expect(engine.errors).toHaveLength(1);
    expect(engine.turnReports).toMatchObject([{ outcome: 'failed' }]);
  });

  it('shows that it types, and never fails at that', async () => {
    class Typing extends TextOutput {
      override async sendTyping(): Promise<void> {
        this.texts.push('typing');
        throw new Error('cannot');
      }
    }
    const { texts } = await turnOn(new Typing(), (reply) => reply.typing());
    expect(texts).toEqual(['typing']);
  });

  it('warns of a response that says nothing', async () => {
    const warnings: unknown[] = [];
    const log = (): void => {};
    const { turns } = setUpEngine(
      async (_message, reply) => {
        await reply.response({ txt: 'typo' });
        await reply.response({ channels: { text: { text: 'elsewhere' } } });
      },
      {
        logger: { debug: log, info: log, error: log, warn: (fields) => void warnings.push(fields) },
      },
    );
    await turns.run(say('Hi'));
    expect(warnings).toEqual([{ channel: 'test', keys: ['txt'] }]);
  });
});

describe('trackerState', () => {
  it('is put on the output channel before each response', async () => {
    const seen: unknown[] = [];
    class Watching extends TextOutput {
      override async sendTextMessage(): Promise<void> {
        seen.push(this.trackerState);
      }
    }
    let count = 0;
    const { turns } = setUpEngine({
      async handle(_message, reply) {
        await reply.text('a');
        await reply.text('b');
        reply.trackerState = { slots: { name: 'Ada' } };
        expect(reply.trackerState).toEqual({ slots: { name: 'Ada' } });
        await reply.text('c');
      },
      trackerState: (message) => ({ sender_id: message.senderId, count: ++count }),
    });
    await turns.run(say('Hi', { outputChannel: new Watching() }));
    expect(seen).toEqual([
      { sender_id: 'ada', count: 1 },
      { sender_id: 'ada', count: 2 },
      { slots: { name: 'Ada' } },
    ]);
  });
});

describe('a reply whose turn is over', () => {
  it('refuses to speak, and reports it', async () => {
    const kept: Reply[] = [];
    const { texts, engine } = await turnOn(new TextOutput(), (reply) => void kept.push(reply));
    for (const reply of kept) {
      await expect(reply.text('late')).rejects.toThrow('over');
      void reply.text('later');
    }
    expect(texts).toEqual([]);
    expect(engine.errors).toHaveLength(2);
  });
});
