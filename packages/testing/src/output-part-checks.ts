import assert from 'node:assert/strict';
import type { BotMessage, JsonObject } from '@trunkline/core';
import type { AddCheck, During } from './checks.ts';
import { FILE, IMAGE, sizes } from './output-calls.ts';
import type { OutputProbe } from './output-probe.ts';
import { textsIn } from './values.ts';

/** The checks of what becomes of each part of a response. */
export function addPartChecks(
  check: AddCheck,
  open: (during: During) => Promise<OutputProbe>,
  { to, customJson }: { to: string; customJson: JsonObject },
): void {
  check('delivers a text', async (during) => {
    const probe = await open(during);
    await probe.output.sendTextMessage(to, 'Good morning');
    await probe.assertSaid('Good morning');
  });

  check('delivers a text in any script', async (during) => {
    const probe = await open(during);
    for (const text of ['Grüße aus Žilina', '早上好', 'صباح الخير', 'wave 👋🏽 family 👩‍👩‍👧']) {
      await probe.output.sendTextMessage(to, text);
      await probe.assertSaid(text);
    }
  });

  check('delivers a long text, in one piece or in several', async (during) => {
    const probe = await open(during);
    const length = Math.max(10_000, 3 * (probe.output.limits.textLength ?? 0));
    const words = Array.from({ length: length / 10 }, (_, index) => `word${10_000 + index}`);
    await probe.output.sendTextMessage(to, words.join(' '));
    const payloads = await probe.payloads();
    const lost = words.filter((word) => !payloads.some((texts) => texts.join('\n').includes(word)));
    // A text that is cut between any two characters loses one word a cut, which is not forbidden.
    const cuts = Math.max(0, payloads.flat().length - 1);
    assert.ok(
      lost.length <= cuts,
      `${lost.length} of ${words.length} words got lost, ${lost[0]} first`,
    );
  });

  check('shows an image by its URL', async (during) => {
    const probe = await open(during);
    await probe.output.sendImageUrl(to, IMAGE);
    await probe.assertSaid(IMAGE);
  });

  check('sends an attachment in each of its forms', async (during) => {
    const forms = [
      FILE,
      { url: FILE, name: 'menu.pdf', mimeType: 'application/pdf' },
      { type: 'file', payload: { src: FILE } },
    ];
    for (const form of forms) {
      const probe = await open(during);
      await probe.output.sendAttachment(to, form);
      await probe.assertSaid('menu.pdf');
    }
  });

  check('offers buttons below a text', async (during) => {
    const probe = await open(during);
    await probe.output.sendTextWithButtons(to, 'What size?', sizes());
    await probe.assertSaid('What size?', 'Small', 'Large');
  });

  check('offers buttons without a text', async (during) => {
    const probe = await open(during);
    await probe.output.sendTextWithButtons(to, '', sizes());
    await probe.assertSaid('Small', 'Large');
  });

  check('offers buttons that have no payload, open a page or carry more', async (during) => {
    const probe = await open(during);
    await probe.output.sendTextWithButtons(to, 'And now?', [
      { title: 'Nothing' },
      { title: 'Read', url: 'https://example.org/terms' },
      { title: 'Order', payload: '/order', style: 'primary', tags: ['a', 'b'] },
    ]);
    await probe.assertSaid('And now?', 'Nothing', 'Read', 'Order');
  });

  check('offers every button, however many there are', async (during) => {
    const probe = await open(during);
    const { buttonCount = 10 } = probe.output.limits;
    const tables = Array.from({ length: 2 * buttonCount + 1 }, (_, index) => ({
      title: `Table ${100 + index}`,
      payload: `/table${100 + index}`,
    }));
    await probe.output.sendTextWithButtons(to, 'Which table?', tables);
    await probe.assertSaid(...tables.map(({ title }) => title));
  });

  check('offers quick replies below a text', async (during) => {
    const probe = await open(during);
    await probe.output.sendQuickReplies(to, 'What size?', sizes());
    await probe.assertSaid('What size?', 'Small', 'Large');
  });

  check('prefers quick replies to buttons', async (during) => {
    const probe = await open(during);
    const buttons = [{ title: 'Ignored', payload: '/ignored' }];
    await probe.output.sendResponse(to, { text: 'What size?', buttons, quickReplies: sizes() });
    await probe.assertSaid('What size?', 'Small', 'Large');
    await probe.assertNotSaid('Ignored');
  });

  check('shows elements with their buttons', async (during) => {
    const probe = await open(during);
    await probe.output.sendElements(to, [
      { title: 'Margherita', subtitle: 'Tomato', imageUrl: IMAGE, buttons: sizes() },
      { title: 'Marinara' },
    ]);
    await probe.assertSaid('Margherita', 'Tomato', 'Small', 'Large', 'Marinara');
  });

  check('passes custom JSON on', async (during) => {
    const probe = await open(during);
    await probe.output.sendCustomJson(to, customJson);
    await probe.assertSaid(...textsIn(customJson));
  });

  check('says text, custom JSON, image, attachment and elements in this order', async (during) => {
    const probe = await open(during);
    await probe.output.sendResponse(to, {
      elements: [{ title: 'Margherita' }],
      attachment: { url: FILE, name: 'menu.pdf' },
      image: IMAGE,
      custom: customJson,
      text: 'To begin with',
    });
    const parts = ['To begin with', textsIn(customJson)[0] ?? '', IMAGE, 'menu.pdf', 'Margherita'];
    await probe.assertSaid(...parts);
    const payloads = await probe.payloads();
    const places = parts.map((part) =>
      payloads.findIndex((texts) => texts.some((text) => text.includes(part))),
    );
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
      `in another order: ${parts.join(', ')}`,
    );
  });

  check('says what a response has for this channel instead', async (during) => {
    const probe = await open(during);
    const channels = { [probe.output.name]: { text: 'Only for you' } };
    await probe.output.sendResponse(to, { text: 'For everybody', channels });
    await probe.assertSaid('Only for you');
    await probe.assertNotSaid('For everybody');
  });

  check('sends nothing for a response without content', async (during) => {
    const probe = await open(during);
    const nothing: BotMessage[] = [
      {},
      { text: '' },
      {
        text: null,
        image: null,
        attachment: null,
        buttons: null,
        quickReplies: null,
        elements: null,
      },
      { text: '', buttons: [], quickReplies: [], elements: [], custom: {} },
    ];
    for (const response of nothing) await probe.output.sendResponse(to, response);
    assert.deepEqual(await probe.payloads(), [], 'something was sent');
  });

  check('takes extra keys that it does not know', async (during) => {
    const probe = await open(during);
    const extra = {
      button_type: 'vertical',
      utter_action: 'utter_greet',
      timestamp: 1.5,
      metadata: { nested: [1, null, { deep: true }] },
      nothing: null,
      missing: undefined,
    };
    await probe.output.sendTextMessage(to, 'Good morning', extra);
    await probe.output.sendTextWithButtons(to, 'What size?', sizes(), extra);
    await probe.output.sendResponse(to, { ...extra, text: 'To begin with', image: IMAGE });
    await probe.assertSaid('Good morning', 'What size?', 'Small', 'To begin with', IMAGE);
  });
}
