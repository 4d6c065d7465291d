import type { TurnReport } from '@trunkline/core';
import { FakeClock } from '@trunkline/testing';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../scripts/test-support/deferred.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { startScene, type Scene, type SceneOptions } from './support/scene.ts';
import { PHONE } from './support/twilio.ts';

expectNoUnhandledRejections();

interface MenuScene extends Scene {
  heard: unknown[];
  /** A user says something; resolves when its turn is over. */
  say(text: string, values?: Record<string, string>): Promise<void>;
  over(count: number): Promise<void>;
}

/** A line that has asked for the size, and asks for the base next. */
async function ask(options: SceneOptions = {}): Promise<MenuScene> {
  const heard: unknown[] = [];
  const turns: TurnReport[] = [];
  let wake = deferred();
  const scene = await startScene(
    async (message, reply) => {
      if (message.text === 'order') {
        return await reply.buttons('Size?', [
          { title: 'Small', payload: '/s' },
          { title: 'Large', payload: '/l' },
        ]);
      }
      heard.push([message.text, message.choice]);
      if (message.choice?.payload.length === 2) {
        await reply.buttons('Base?', [{ title: 'Thin' }, { title: 'Thick' }]);
      } else await reply.text('Noted');
      return undefined;
    },
    {
      onTurn(report) {
        turns.push(report);
        wake.resolve();
        wake = deferred();
      },
      ...options,
    },
  );
  const over = async (count: number): Promise<void> => {
    while (turns.length < count) await wake.promise;
  };
  const say: MenuScene['say'] = async (Body, values = {}) => {
    const count = turns.length;
    expect((await scene.bring({ ...values, Body })).status).toBe(200);
    await over(count + 1);
  };
  await say('order');
  return { ...scene, heard, say, over };
}

const small = { title: 'Small', payload: '/s' };
const menu = 'Size?\n1 Small\n2 Large';

describe('a menu on a phone', () => {
  it.each(['1', 'small', 'Small.', 'sm'])('is answered by %j as by a tap', async (text) => {
    const { say, heard, twilio } = await ask();
    await say(text);
    const tap = { Body: 'Small', ButtonText: 'Small', ButtonPayload: '/s' };
    await say('Small', tap);
    expect(heard).toEqual([
      ['/s', small],
      ['/s', small],
    ]);
    expect(twilio.texts[0]).toBe(menu);
  });

  it('is shown once more for a number out of range, and the assistant hears nothing of it', async () => {
    const { say, heard, twilio } = await ask();
    await say('7');
    expect([heard, twilio.texts]).toEqual([[], [menu, menu]]);
    await say('1');
    expect(heard).toEqual([['/s', small]]);
  });

  it('is not shown once more where the option says so, nor a second time', async () => {
    const { say, heard } = await ask({ sms: { menu: { repeat: false } } });
    await say('7');
    expect(heard).toEqual([['7', null]]);
    const again = await ask();
    for (const text of ['7', '8']) await again.say(text);
    expect(again.heard).toEqual([['8', null]]);
  });

  // The story: cards had quick replies below them, and both began with "1". "2" was nobody's, and the menu that was
  // shown again for it had neither the cards nor any link.
  it('is one for all that a response offers, and shown once more as it was', async () => {
    const heard: unknown[] = [];
    let over = deferred();
    const { bring, twilio } = await startScene(
      async (message, reply) => {
        heard.push(message.choice?.payload ?? message.text);
        if (message.text !== 'order') return;
        await reply.response({
          text: 'Our *pizzas*:',
          quickReplies: [{ title: 'More', payload: '/more' }],
          elements: [
            { title: 'Margherita', buttons: [{ title: 'Order', payload: '/m' }] },
            {
              title: 'Salami',
              subtitle: 'hot',
              buttons: [
                { title: 'Order', payload: '/s' },
                { title: 'Look', url: 'https://x.org' },
              ],
            },
          ],
        });
      },
      { onTurn: () => over.resolve() },
    );
    for (const Body of ['order', '7', '3', 'order', '1']) {
      over = deferred();
      await bring({ Body });
      await over.promise;
    }
    expect(heard).toEqual(['order', '/s', 'order', '/more']);
    const shown = [
      'Our pizzas:\n1 More',
      'Margherita\n2 Order\n\nSalami\nhot\n3 Order\nLook: https://x.org',
    ];
    expect(twilio.texts).toEqual([...shown, ...shown, ...shown]);
  });

  it('has no numbers, over all cards, where a title would be the number of another option', async () => {
    const { sms, twilio } = await startScene(() => {});
    const offer = (above: string, ...inCards: string[]): Promise<void> =>
      sms.getOutputChannel({ to: PHONE }).sendResponse(PHONE, {
        text: 'For how many?',
        buttons: [{ title: above }],
        elements: [{ title: 'Table', buttons: inCards.map((title) => ({ title })) }],
      });
    await offer('One', 'Four', '2');
    await offer('2', 'Four');
    expect(twilio.texts).toEqual([
      'For how many?\nOne',
      'Table\nFour\n2',
      'For how many?\n2',
      'Table\nFour',
    ]);
  });

  it('is used once: of two quick answers the second never answers the next question', async () => {
    const { bring, over, heard } = await ask();
    await Promise.all([bring({ Body: '1' }), bring({ Body: '1' })]);
    await over(3);
    expect(heard).toEqual([
      ['/s', small],
      ['1', null],
    ]);
  });

  it('is over when something else was said, and after an hour', async () => {
    const { say, heard } = await ask();
    for (const text of ['hello', '1']) await say(text);
    expect(heard[1]).toEqual(['1', null]);

    const clock = new FakeClock();
    const late = await ask({ clock, sms: { clock } });
    await clock.advance(60 * 60 * 1000);
    await late.say('1');
    expect(late.heard).toEqual([['1', null]]);
  });

  it('is over after the time that the option says', async () => {
    for (const [waitMs, choice] of [
      [59_999, small],
      [60_000, null],
    ] as const) {
      const clock = new FakeClock();
      const { say, heard } = await ask({ clock, sms: { clock, menu: { ttlMs: 60_000 } } });
      await clock.advance(waitMs);
      await say('1');
      expect(heard).toEqual([[choice === null ? '1' : '/s', choice]]);
    }
  });

  it('of one number is not answered at another', async () => {
    const { say, heard } = await ask();
    await say('1', { To: '+15550002222' });
    expect(heard).toEqual([['1', null]]);
  });
});
