import assert from 'node:assert/strict';
import type { BotMessage, JsonObject, OutputChannel } from '@trunkline/core';
import { checksOver, DEFAULT_TIMEOUT_MS, type During, type It } from './checks.ts';
import { OutputProbe } from './output-probe.ts';
import { addStreamChecks } from './output-stream-checks.ts';
import { deepFreeze, textsIn } from './values.ts';

/** An output channel, and a way to see what it does. */
export interface OutputUnderTest {
  /** The channel, as it is made for one turn. */
  output: OutputChannel;
  /**
   * What reached the platform so far, the first first: the payloads as values (parsed, not as they
   * go over the wire). Every text in them counts, however deep.
   */
  sent: () => readonly unknown[] | Promise<readonly unknown[]>;
  /** Called when a check is done with it. */
  close?: () => Promise<void> | void;
}

/** What {@link outputChannelContract} needs to know. */
export interface OutputChannelContractOptions {
  /** The test runner's `it`. */
  it: It;
  /** Makes a channel that nothing was sent on yet, with a platform (or a fake of it) of its own. */
  create: () => OutputUnderTest | Promise<OutputUnderTest>;
  /** Makes a channel whose platform refuses everything. Checked where it is given. */
  createFailing?: () => OutputChannel | Promise<OutputChannel>;
  /** Whom to send to. @defaultValue `anna` */
  recipientId?: string;
  /** Custom JSON that the platform takes, with a text in it. @defaultValue `{ note: 'made to measure' }` */
  customJson?: JsonObject;
  /** How long a check may take, in milliseconds. @defaultValue 4,000 */
  timeoutMs?: number;
}

const IMAGE = 'https://example.org/tiger.png';
const FILE = 'https://example.org/menu.pdf';
const SIZES = [
  { title: 'Small', payload: '/small' },
  { title: 'Large', payload: '/large' },
];

/**
 * The contract of an `OutputChannel`: registers one test for each thing that users, assistants and
 * the turn engine rely on.
 *
 * ```ts
 * import { it } from 'node:test';
 * import { outputChannelContract, RecordingOutput } from '@trunkline/testing';
 *
 * outputChannelContract({
 *   it,
 *   create() {
 *     const output = new RecordingOutput();
 *     return { output, sent: () => output.sent };
 *   },
 * });
 * ```
 */
export function outputChannelContract(options: OutputChannelContractOptions): void {
  const { recipientId: to = 'anna', customJson = { note: 'made to measure' } } = options;
  const check = checksOver(options.it, options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  const open = (during: During): Promise<OutputProbe> => OutputProbe.open(options, during);

  check('has a name', async (during) => {
    const { output } = await open(during);
    assert.ok(
      typeof output.name === 'string' && output.name !== '',
      'name is not a text, or empty',
    );
  });

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
    await probe.output.sendTextWithButtons(to, 'What size?', SIZES);
    await probe.assertSaid('What size?', 'Small', 'Large');
  });

  check('offers buttons without a text', async (during) => {
    const probe = await open(during);
    await probe.output.sendTextWithButtons(to, '', SIZES);
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
    await probe.output.sendQuickReplies(to, 'What size?', SIZES);
    await probe.assertSaid('What size?', 'Small', 'Large');
  });

  check('prefers quick replies to buttons', async (during) => {
    const probe = await open(during);
    const buttons = [{ title: 'Ignored', payload: '/ignored' }];
    await probe.output.sendResponse(to, { text: 'What size?', buttons, quickReplies: SIZES });
    await probe.assertSaid('What size?', 'Small', 'Large');
    await probe.assertNotSaid('Ignored');
  });

  check('shows elements with their buttons', async (during) => {
    const probe = await open(during);
    await probe.output.sendElements(to, [
      { title: 'Margherita', subtitle: 'Tomato', imageUrl: IMAGE, buttons: SIZES },
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
    await probe.output.sendTextWithButtons(to, 'What size?', SIZES, extra);
    await probe.output.sendResponse(to, { ...extra, text: 'To begin with', image: IMAGE });
    await probe.assertSaid('Good morning', 'What size?', 'Small', 'To begin with', IMAGE);
  });

  check('changes nothing that it is given', async (during) => {
    const { output } = await open(during);
    // A change would throw: everything is frozen.
    for (const send of everyMethod(to, customJson)) await send(output);
  });

  check('shares nothing with the channel of another conversation', async (during) => {
    const [ours, theirs] = [await open(during), await open(during)];
    assert.notEqual(ours.output, theirs.output, 'create() must make one output channel a call');
    ours.output.trackerState = { sender_id: to };
    assert.notEqual(theirs.output.trackerState, ours.output.trackerState, 'trackerState is shared');
    if (ours.output.supportsStreaming) await ours.output.sendResponseChunkStart(to);
    await theirs.output.sendTextMessage(to, 'For them');
    if (ours.output.supportsStreaming) await ours.output.sendResponseChunkEnd(to);
    await ours.output.sendTextMessage(to, 'For us');
    await theirs.assertSaid('For them');
    await theirs.assertNotSaid('For us');
    await ours.assertSaid('For us');
    await ours.assertNotSaid('For them');
  });

  check('can be asked to show that an answer is being made', async (during) => {
    const { output } = await open(during);
    await output.sendTyping(to);
  });

  addStreamChecks(check, open, to);

  const { createFailing } = options;
  if (createFailing === undefined) return;
  check('rejects what the platform refuses', async () => {
    for (const send of everyMethod(to, customJson)) {
      const failing = await createFailing();
      await assert.rejects(
        send(failing),
        Error,
        `resolved, and nothing was delivered: ${send.name}`,
      );
    }
  });
}

/** A call of each method that sends, with arguments that cannot be changed. */
function everyMethod(
  to: string,
  customJson: JsonObject,
): ((output: OutputChannel) => Promise<void>)[] {
  const buttons = deepFreeze([...SIZES]);
  const elements = deepFreeze([{ title: 'Margherita', buttons: [...SIZES] }]);
  const attachment = deepFreeze({ url: FILE, name: 'menu.pdf' });
  const custom = deepFreeze(structuredClone(customJson));
  const extra = deepFreeze({ metadata: { nested: [1] }, button_type: 'vertical' });
  const response = deepFreeze({
    ...extra,
    text: 'Hello',
    custom,
    image: IMAGE,
    attachment,
    elements,
  });
  const channels = deepFreeze({ other: { text: 'Elsewhere' } });
  const methods: Record<string, (output: OutputChannel) => Promise<void>> = {
    sendTextMessage: (output) => output.sendTextMessage(to, 'Hello', extra),
    sendImageUrl: (output) => output.sendImageUrl(to, IMAGE, extra),
    sendAttachment: (output) => output.sendAttachment(to, attachment, extra),
    sendTextWithButtons: (output) => output.sendTextWithButtons(to, 'Size?', buttons, extra),
    sendQuickReplies: (output) => output.sendQuickReplies(to, 'Size?', buttons, extra),
    sendElements: (output) => output.sendElements(to, elements, extra),
    sendCustomJson: (output) => output.sendCustomJson(to, custom, extra),
    sendResponse: (output) =>
      output.sendResponse(to, deepFreeze({ ...response, channels, buttons })),
  };
  return Object.values(methods);
}
