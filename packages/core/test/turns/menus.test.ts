import type { BotMessage, JsonValue, MenuAnswer, MenuOption } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../scripts/test-support/deferred.ts';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';
import { post, say, setUpEngine } from '../support/engine.ts';
import { TextOutput } from '../support/outputs.ts';
import { colours, MenuOutput, setUp, sizes } from '../support/menus.ts';
import { away, failing, refused } from '../support/platform.ts';
import { Processes, type ProcessSetup } from '../support/processes.ts';

expectNoUnhandledRejections();

describe('a numbered menu', () => {
  it.each(['2', ' 2.', '2)', 'large', 'LARGE '])('is answered by %j', async (answer) => {
    const { heard, accept, all } = setUp();
    await accept('Hi');
    await accept(answer);
    expect(heard[1]).toEqual(['/l', 'Large']);
    expect(all.platform.texts.slice(0, 3)).toEqual(['Size?', '1. Small', '2. Large']);
  });

  it.each(['3', '0', 'one', '2 please'])('is not answered by %j', async (answer) => {
    const { heard, accept } = setUp();
    await accept('Hi');
    await accept(answer);
    expect(heard[1]).toEqual([answer, null]);
  });

  it.each<[string, JsonValue]>([
    ['an option that is none', { id: 'a:b', text: 'Size?', options: [null] }],
    ['an option without a title', { id: 'a:b', text: 'Size?', options: [{ payload: '/s' }] }],
    ['no options', { id: 'a:b', text: 'Size?' }],
    [
      'a response that is none',
      { id: 'a:b', options: [{ title: '1', payload: '1' }], response: { buttons: [{}] } },
    ],
  ])('of which the store has %s is none', async (_, menu) => {
    const { heard, accept, store } = setUp();
    await accept('hush');
    await store.values.set('menu', 'test::ada', menu);
    await accept('1');
    expect(heard).toEqual([
      ['hush', null],
      ['1', null],
    ]);
  });

  it('is used once: of two quick "1"s the second never answers the next question', async () => {
    const { heard, accept, turns, all } = setUp();
    await accept('Hi');
    await Promise.all([turns.accept(post('1')), turns.accept(post('1'))]);
    await all.clock.advance(0);
    expect(heard.slice(1)).toEqual([
      ['/s', 'Small'],
      ['1', null],
    ]);
    await accept('2');
  });

  it('is open until something else is said', async () => {
    const { heard, accept } = setUp();
    await accept('Hi');
    await accept('hush');
    await accept('1');
    await accept('Hi');
    await accept('what?');
    await accept('1');
    expect(heard).toEqual([
      ['Hi', null],
      ['hush', null],
      ['/s', 'Small'],
      ['Hi', null],
      ['what?', null],
      ['1', null],
    ]);
  });

  it('is not closed by a turn that its deadline has ended, and that ends later than the next', async () => {
    // The late one took the open menu for one from before it, and the answer to it was a plain "1".
    const all = new Processes();
    const gate = deferred();
    const heard: unknown[] = [];
    const { turns } = all.start(
      async (message, reply) => {
        heard.push([message.text, message.choice?.title ?? null]);
        if (message.text === 'Hi') await reply.response(sizes);
        if (message.text !== 'slow') return;
        await reply.text('a moment');
        await gate.promise;
      },
      { makeOutput: () => new MenuOutput(all.platform) },
    );
    for (const text of ['slow', 'Hi']) await turns.accept(post(text));
    await all.clock.advance(70_000);
    expect(all.platform.texts).toContain('1. Small');
    gate.resolve();
    await all.clock.advance(0);
    await turns.accept(post('1'));
    await all.clock.advance(0);
    expect(heard.at(-1)).toEqual(['/s', 'Small']);
  });

  it('is not closed by a turn that was superseded', async () => {
    const all = new Processes();
    const heard: unknown[] = [];
    const { turns } = all.start(
      async (message, reply) => {
        heard.push([message.text, message.choice?.title ?? null]);
        if (message.text === 'Hi') await reply.response(sizes);
        if (message.text !== 'slow') return;
        await reply.text('a moment');
        await all.clock.sleep(1_000);
      },
      { overlap: 'latest', makeOutput: () => new MenuOutput(all.platform) },
    );
    for (const text of ['Hi', 'slow', 'hush']) {
      await turns.accept(post(text));
      await all.clock.advance(100);
    }
    await all.clock.advance(1_000);
    await turns.accept(post('1'));
    await all.clock.advance(0);
    expect(heard.at(-1)).toEqual(['/s', 'Small']);
  });

  it('of a message that came before it is not answered by it', async () => {
    const all = new Processes();
    const gate = deferred();
    const heard: unknown[] = [];
    const { turns } = all.start(
      async (message, reply) => {
        heard.push([message.text, message.choice?.title ?? null]);
        await gate.promise;
        if (message.text === 'Hi') await reply.response(sizes);
      },
      { makeOutput: () => new MenuOutput(all.platform) },
    );
    await turns.accept(post('Hi'));
    await turns.accept(post('1'));
    gate.resolve();
    await all.clock.advance(0);
    expect(heard).toEqual([
      ['Hi', null],
      ['1', null],
    ]);
  });

  it('is still answered in the second run of its turn', async () => {
    const { all, kill, options, accept } = setUp();
    await accept('Hi');
    all.platform.onRequest = ({ text }) => text === 'Colour?' && kill();
    await accept('1');
    all.platform.onRequest = () => {};
    const heard: unknown[] = [];
    all.start((message) => void heard.push([message.text, message.attempt]), options);
    await all.clock.advance(100);
    expect(heard).toEqual([['/s', 2]]);
  });

  it('is still answered where its dead letter is replayed', async () => {
    // The letter did not say which menu was open, and the assistant heard "2" where it had heard a choice.
    const all = new Processes();
    const heard: unknown[] = [];
    let fails = true;
    const { turns, engine } = all.start(
      async (message, reply) => {
        heard.push([message.text, message.choice?.title ?? null]);
        if (message.text === 'Hi') await reply.response(sizes);
        else if (fails) throw new Error('oops');
      },
      { makeOutput: () => new MenuOutput(all.platform) },
    );
    for (const text of ['Hi', '2']) {
      await turns.accept(post(text));
      await all.clock.advance(0);
    }
    fails = false;
    const [letter] = await engine.deadLetters.list();
    expect(letter?.message).toMatchObject({ text: '2' });
    await engine.replay(letter?.id ?? '');
    await all.clock.advance(0);
    expect(heard.slice(1)).toEqual([
      ['/l', 'Large'],
      ['/l', 'Large'],
    ]);
  });

  it('does not take the place of a newer one where its turn is replayed', async () => {
    // It was not shown again, and was open all the same: "1" to the newer question answered the old one.
    const all = new Processes();
    const heard: unknown[] = [];
    let fails = true;
    const { turns, engine } = all.start(
      async (message, reply) => {
        heard.push([message.text, message.choice?.title ?? null]);
        if (message.text === 'Hi') {
          await reply.response(sizes);
          if (fails) throw new Error('oops');
        }
        if (message.text === 'and?') await reply.response(colours);
      },
      { makeOutput: () => new MenuOutput(all.platform) },
    );
    await turns.accept(post('Hi'));
    await all.clock.advance(0);
    fails = false;
    await turns.accept(post('and?'));
    await all.clock.advance(0);
    const [letter] = await engine.deadLetters.list();
    await engine.replay(letter?.id ?? '');
    await all.clock.advance(0);
    expect(heard.at(-1)).toEqual(['Hi', null]);
    expect(all.platform.texts.at(-1)).toBe('2. Blue');
    await turns.accept(post('1'));
    await all.clock.advance(0);
    expect(heard.at(-1)).toEqual(['Red', 'Red']);
  });

  // The letter had all its requests answered, and its process died each time before the end.
  it('does not take the place of a newer one where an answer is replayed that was shown', async () => {
    const all = new Processes();
    const heard: unknown[] = [];
    const start = (isDeadly: boolean): ReturnType<Processes['start']> => {
      const process = all.start(
        async (message, reply) => {
          heard.push([message.text, message.choice?.title ?? null]);
          if (message.text === 'Hi') await reply.response(sizes);
          if (message.text === 'and?') await reply.response(colours);
        },
        {
          makeOutput: (isDead) => new MenuOutput(all.platform, true, isDead),
          delivery: { attempts: 2, retryMs: 0 },
          weather: {
            before: (call) =>
              isDeadly && all.platform.texts.length > 0 && call === 'set' && process.kill(),
          },
        },
      );
      return process;
    };
    all.platform.onRequest = failing(away, 1);
    await start(true).turns.accept(post('Hi'));
    await all.clock.advance(20_000);
    start(true);
    await all.clock.advance(100);
    const { turns, engine } = start(false);
    await all.clock.advance(100);
    const [letter] = await engine.deadLetters.list();
    expect(letter?.reason).toContain('ended 2 times while the answer was delivered');
    await turns.accept(post('and?'));
    await all.clock.advance(0);
    await engine.replay(letter?.id ?? '');
    await all.clock.advance(100);
    expect(all.platform.texts).toEqual([
      'Size?',
      '1. Small',
      '2. Large',
      'Colour?',
      '1. Red',
      '2. Blue',
    ]);
    await turns.accept(post('1'));
    await all.clock.advance(0);
    expect(heard.at(-1)).toEqual(['Red', 'Red']);
  });

  it('is open where the replay of its turn shows it, also after a crash', async () => {
    const { all, kill, options, heard, accept, engine, turns } = setUp();
    all.platform.onRequest = ({ text }) => {
      if (text === 'Size?') throw refused();
    };
    await turns.accept(post('Hi'));
    await all.clock.advance(0);
    all.platform.onRequest = () => {};
    await accept('what?');
    const [letter] = await engine.deadLetters.list();
    all.platform.onArrived = ({ text }) => text === '2. Large' && kill();
    await engine.replay(letter?.id ?? '');
    await all.clock.advance(0);
    all.platform.onArrived = () => {};
    const next = all.start(async (message, reply) => {
      heard.push([message.text, message.choice?.title ?? null]);
      if (message.text === 'Hi') await reply.response(sizes);
    }, options);
    await all.clock.advance(100);
    await next.turns.accept(post('1'));
    await all.clock.advance(0);
    expect(heard.at(-1)).toEqual(['/s', 'Small']);
  });

  it('is open only when it has been delivered', async () => {
    const { all, accept, heard } = setUp();
    all.platform.onRequest = failing(away);
    await accept('Hi');
    await all.clock.advance(11_000);
    expect(await all.shared.memory.values.get('menu', 'test::ada')).toBeNull();
    all.platform.onRequest = () => {};
    await all.clock.advance(20_000);
    await accept('1');
    expect(heard[1]).toEqual(['/s', 'Small']);
  });

  it('is forgotten after a day', async () => {
    const { all, accept, heard } = setUp();
    await accept('Hi');
    await all.clock.advance(24 * 60 * 60 * 1000);
    await accept('1');
    expect(heard[1]).toEqual(['1', null]);
  });

  it('is kept on no channel that shows buttons', async () => {
    const { all, accept, heard } = setUp({ makeOutput: undefined });
    await accept('Hi');
    await accept('1');
    expect(heard[1]).toEqual(['1', null]);
    expect(await all.shared.memory.values.get('menu', 'test::ada')).toBeNull();
  });

  it('is answered where messages are handled beside one another', async () => {
    const { accept, heard } = setUp({ overlap: 'parallel' });
    await accept('Hi');
    await accept('1');
    expect(heard[1]).toEqual(['/s', 'Small']);
  });

  it('is answered in live turns as well', async () => {
    class LiveMenu extends TextOutput {
      override readonly numbersChoices = true;
    }
    const heard: unknown[] = [];
    const { turns } = setUpEngine(async (message, reply) => {
      heard.push(message.text);
      if (message.text === 'Hi') await reply.response(sizes);
    });
    const live = (text: string): Promise<void> =>
      turns.run(say(text, { outputChannel: new LiveMenu() }));
    await live('Hi');
    await Promise.all([live('2'), live('2')]);
    expect(heard).toEqual(['Hi', '/l', '2']);
  });
});

/** A channel that shows the menu once more for any other number, and keeps it for a minute. */
class PatientOutput extends MenuOutput {
  override readonly menuTtlMs: number = 60_000;

  override answerOf(text: string | null, options: readonly MenuOption[]): MenuAnswer {
    return super.answerOf(text, options) ?? (/^\d+$/.test(text ?? '') ? 'again' : null);
  }
}

describe('a menu on a channel that answers it in its own way', () => {
  const setUpPatient = (setup: ProcessSetup = {}): ReturnType<typeof setUp> => {
    const scene = setUp({
      makeOutput: (isDead) => new PatientOutput(scene.all.platform, true, isDead),
      ...setup,
    });
    return scene;
  };
  const menu = ['Size?', '1. Small', '2. Large'];

  it('is forgotten after the time that the channel says', async () => {
    const { all, accept, heard } = setUpPatient();
    await accept('Hi');
    await all.clock.advance(60_000);
    await accept('1');
    expect(heard[1]).toEqual(['1', null]);
  });

  it('is shown once more, without the assistant, and can be answered then', async () => {
    const { all, accept, heard } = setUpPatient();
    await accept('Hi');
    await all.clock.advance(50_000);
    await accept('9');
    expect(all.platform.texts).toEqual([...menu, ...menu]);
    expect(heard).toEqual([['Hi', null]]);
    await all.clock.advance(50_000);
    await accept('2');
    expect(heard[1]).toEqual(['/l', 'Large']);
  });

  // The story: of cards only the buttons were shown again, "1. Order" and "2. Order", and links not at all.
  it('is shown once more as it was, but for what goes beside it', async () => {
    const elements = [
      { title: 'Margherita', buttons: [{ title: 'Order', payload: '/m' }] },
      { title: 'Salami', buttons: [{ title: 'Order', payload: '/s' }] },
    ];
    const shown: BotMessage[] = [];
    class SeenOutput extends PatientOutput {
      override async sendResponse(_: string, response: BotMessage): Promise<void> {
        shown.push(response);
      }
    }
    const all = new Processes();
    const response = { elements, image: 'https://x.org/a.png', note: 1n };
    const { turns } = all.start((_, reply) => reply.response(response), {
      makeOutput: () => new SeenOutput(all.platform),
    });
    for (const text of ['Hi', '9']) {
      await turns.accept(post(text));
      await all.clock.advance(0);
    }
    expect(shown[1]).toEqual({ elements, note: '1' });
  });

  it('is shown once more also where an earlier version has stored it, without what showed it', async () => {
    const { all, accept, store } = setUpPatient();
    await accept('hush');
    const stored = { id: 'a:b', text: 'Size?', options: [{ title: 'Small', payload: '/s' }] };
    await store.values.set('menu', 'test::ada', stored);
    await accept('9');
    expect(all.platform.texts).toEqual(['Size?', '1. Small']);
  });

  it('is shown once more only once: then the answer is an ordinary message', async () => {
    const { all, accept, turns, heard } = setUpPatient();
    await accept('Hi');
    await Promise.all([turns.accept(post('9')), turns.accept(post('8'))]);
    await all.clock.advance(0);
    expect(heard.slice(1)).toEqual([['8', null]]);
    expect(all.platform.texts.filter((text) => text === 'Size?')).toHaveLength(2);
  });

  it('is not shown once more when it was used', async () => {
    const { all, turns, accept, heard } = setUpPatient();
    await accept('Hi');
    await Promise.all([turns.accept(post('1')), turns.accept(post('9'))]);
    await all.clock.advance(0);
    expect(heard.slice(1)).toEqual([
      ['/s', 'Small'],
      ['9', null],
    ]);
  });

  it('is shown once more where the process dies meanwhile, each line once', async () => {
    const { all, kill, options, accept } = setUpPatient();
    await accept('Hi');
    all.platform.onRequest = ({ text }) => text === '1. Small' && kill();
    await accept('9');
    all.platform.onRequest = () => {};
    const heard: unknown[] = [];
    const { turns } = all.start((message) => void heard.push(message.text), options);
    await all.clock.advance(100);
    expect(all.platform.texts).toEqual([...menu, ...menu]);
    await turns.accept(post('1'));
    await all.clock.advance(0);
    expect(heard).toEqual(['/s']);
  });

  it('is shown once more when the platform is back', async () => {
    const { all, accept, heard } = setUpPatient();
    await accept('Hi');
    all.platform.onRequest = failing(away);
    await accept('9');
    await all.clock.advance(11_000);
    all.platform.onRequest = () => {};
    await all.clock.advance(20_000);
    expect(all.platform.texts).toEqual([...menu, ...menu]);
    await accept('1');
    expect(heard).toEqual([
      ['Hi', null],
      ['/s', 'Small'],
    ]);
  });

  it('begins no session by being shown once more', async () => {
    const events: string[] = [];
    const all = new Processes();
    const { turns } = all.start(
      {
        handle: (message, reply) => void (message.text === 'Hi' && reply.response(sizes)),
        onEvent: ({ type }) => void events.push(type),
      },
      {
        makeOutput: () => new LongOutput(all.platform),
        session: { expiryMinutes: 3_000 / 60_000 },
      },
    );
    for (const text of ['Hi', '9', '1']) {
      await turns.accept(post(text));
      await all.clock.advance(2_000);
    }
    expect(events).toEqual(['session_started', 'session_started']);
  });

  it('is shown once more in live turns as well', async () => {
    class LiveMenu extends TextOutput {
      override readonly numbersChoices = true;

      override answerOf(text: string | null, options: readonly MenuOption[]): MenuAnswer {
        return super.answerOf(text, options) ?? 'again';
      }
    }
    const heard: unknown[] = [];
    const said: string[] = [];
    const { turns } = setUpEngine(async (message, reply) => {
      heard.push(message.text);
      if (message.text === 'Hi') await reply.response(sizes);
    });
    const live = async (text: string): Promise<void> => {
      const outputChannel = new LiveMenu();
      await turns.run(say(text, { outputChannel }));
      said.push(...outputChannel.texts);
    };
    for (const text of ['Hi', '9', '2']) await live(text);
    expect(heard).toEqual(['Hi', '/l']);
    expect(said).toEqual([menu.join('\n'), menu.join('\n')]);
  });
});

/** The same for a day. */
class LongOutput extends PatientOutput {
  override readonly menuTtlMs: number = 24 * 60 * 60 * 1000;
}
