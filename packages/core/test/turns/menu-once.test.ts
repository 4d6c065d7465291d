import { once } from 'node:events';
import type { Handle } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../scripts/test-support/deferred.ts';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';
import { post } from '../support/engine.ts';
import { colours, MenuOutput, setUp, sizes } from '../support/menus.ts';
import { away, failing } from '../support/platform.ts';
import { Processes } from '../support/processes.ts';

expectNoUnhandledRejections();

/** Answers by an assistant that says no more than its questions. */
function ask(speak: Handle) {
  class PatientMenu extends MenuOutput {
    override readonly menuTtlMs = 3 * 24 * 60 * 60 * 1000;
  }
  const all = new Processes();
  const heard: unknown[] = [];
  const handle: Handle = (message, reply) => {
    heard.push([message.text, message.choice?.title ?? null]);
    return speak(message, reply);
  };
  const { turns } = all.start(handle, { makeOutput: () => new PatientMenu(all.platform) });
  const accept = async (...texts: string[]): Promise<void> => {
    for (const text of texts) await turns.accept(post(text));
    await all.clock.advance(0);
  };
  return { all, turns, heard, accept };
}

describe('which menu a message answers', () => {
  it('is the one that was open when it came; what was asked meanwhile stays open', async () => {
    const { all, heard, accept } = ask(async ({ text }, reply) => {
      if (text === 'Hi') await reply.response(sizes);
      if (text === 'more') await reply.response(colours);
    });
    await accept('Hi');
    // The "2" answers the sizes: it was written before the colours were shown.
    await accept('more', '2');
    await accept('1');
    // Longer than it is known that a menu was used.
    await all.clock.advance(25 * 60 * 60 * 1000);
    await accept('2');
    expect(heard.slice(2)).toEqual([
      ['/l', 'Large'],
      ['Red', 'Red'],
      ['2', null],
    ]);
  });

  it('is each of two that one turn has shown', async () => {
    const gate = deferred();
    const { heard, accept } = ask(async ({ text }, reply) => {
      if (text !== 'Hi') return;
      await reply.response(sizes);
      await gate.promise;
      await reply.response(colours);
    });
    await accept('Hi');
    await accept('1');
    gate.resolve();
    await accept();
    await accept('1');
    expect(heard.slice(1)).toEqual([
      ['/s', 'Small'],
      ['Red', 'Red'],
    ]);
  });

  it('is the one of its channel, where the response has another there', async () => {
    const { heard, accept } = ask(async ({ text }, reply) => {
      const { buttons = [] } = colours;
      if (text === 'Hi') await reply.response({ ...sizes, channels: { platform: { buttons } } });
    });
    await accept('Hi');
    await accept('1');
    expect(heard[1]).toEqual(['Red', 'Red']);
  });

  it('is none for a tap, whatever it says', async () => {
    const { all, turns, heard, accept } = ask(async ({ text }, reply) => {
      if (text === 'Hi') await reply.response(sizes);
    });
    await accept('Hi');
    await turns.accept(post('1', { choice: { title: 'One', payload: '1' } }));
    await all.clock.advance(0);
    expect(heard[1]).toEqual(['1', 'One']);
  });

  // The story: with `latest`, whoever typed "1" and then "2", since they had changed their mind, or "1" twice, was not
  // understood: the first turn had used the menu, and was ended before it said anything.
  it.each(['superseded', 'cancelled', 'superseded, live'])(
    'is the same where the turn that used it was %s',
    async (how) => {
      const heard: unknown[] = [];
      const all = new Processes();
      const { turns } = all.start(
        async ({ text, choice }, reply) => {
          heard.push([text, choice?.title ?? null]);
          if (text === 'Hi') await reply.response(sizes);
          else if (text === '/s') await once(reply.signal, 'abort');
          else await reply.text('so be it');
        },
        { overlap: 'latest', makeOutput: () => new MenuOutput(all.platform) },
      );
      const bring = async (text: string): Promise<void> => {
        const outputChannel = new MenuOutput(all.platform);
        if (how.endsWith('live')) turns.run(post(text, { outputChannel })).catch(() => {});
        else await turns.accept(post(text));
        await all.clock.advance(0);
      };
      for (const text of ['Hi', '1']) await bring(text);
      if (how === 'cancelled') await turns.cancel({ senderId: 'ada' });
      await all.clock.advance(0);
      for (const text of ['2', '1']) await bring(text);
      expect(heard.slice(1)).toEqual([
        ['/s', 'Small'],
        ['/l', 'Large'],
        // That one was answered.
        ['1', null],
      ]);
    },
  );

  it('is none once it was used, however long the second answer waits', async () => {
    const { all, heard, accept, turns } = setUp();
    await accept('Hi');
    all.platform.onRequest = failing(away);
    for (const text of ['1', '1']) await turns.accept(post(text));
    await all.clock.advance(60 * 60 * 1000);
    all.platform.onRequest = () => {};
    await all.clock.advance(60 * 60 * 1000);
    expect(heard.slice(1)).toEqual([
      ['/s', 'Small'],
      ['1', null],
    ]);
  });
});
