import { Responses, type BotMessage, type JsonObject } from '@trunkline/core';
import type { SmsParameters } from '@trunkline/sms';
import { FakeClock } from '@trunkline/testing';
import { describe, expect, it } from 'vitest';
import { outcomeOf } from '../../../scripts/test-support/deferred.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { PARAMETERS } from './support/openapi.ts';
import { startScene, type Scene, type SceneOptions } from './support/scene.ts';
import {
  OTHER_NUMBER,
  OUR_NUMBER,
  PHONE,
  refusing,
  SERVICE,
  type Answer,
  type SentForm,
} from './support/twilio.ts';

expectNoUnhandledRejections();

const PICTURE = 'https://x.org/pizza.png';
const INLINE = `data:image/png;base64,${'iVBORw0K'.repeat(12_000)}`;
const GERMAN = '+491511234567';

/** What of a response goes to Twilio. */
async function sentFor(
  response: BotMessage,
  to: string = PHONE,
  options: SceneOptions = {},
): Promise<SentForm[]> {
  const { sms, twilio } = await startScene(() => {}, options);
  await sms.getOutputChannel({ to }).sendResponse(to, response);
  return twilio.sent.map((form) => {
    const names = Object.keys(form).filter((name) => name !== 'To' && name !== 'From');
    return Object.fromEntries(names.map((name) => [name, form[name] ?? '']));
  });
}

const bodies = async (...args: Parameters<typeof sentFor>): Promise<unknown[]> =>
  (await sentFor(...args)).map(({ Body }) => Body);

describe('what a response becomes', () => {
  it('text is plain, and folded to GSM-7 (trap 15)', async () => {
    expect(await bodies({ text: '**“Hi”** – see [it](https://x.org)' })).toEqual([
      '"Hi" - see it (https://x.org)',
    ]);
    const text = '“Hi”';
    expect(await bodies({ text }, PHONE, { sms: { smartEncoding: false } })).toEqual([text]);
    expect(await bodies({ text }, `whatsapp:${PHONE}`)).toEqual([text]);
  });

  // The story: one emoji at the end of a long text kept all of its parts from GSM-7, and each cost three times as much.
  it('each part of a long text is folded by itself (trap 15)', async () => {
    const text = `${'“Word” after word. '.repeat(160)}🍕`;
    const parts = (await bodies({ text })) as string[];
    expect(parts).toHaveLength(2);
    expect(parts[0]).toContain('"Word" after word.');
    expect(parts[0]).not.toContain('“');
    expect(parts[1]).toContain('“Word” after word. 🍕');
    // No part becomes longer than a message is.
    const dots = await bodies({ text: `${'….'.repeat(1_000)}🍕` });
    for (const part of dots as string[]) expect(part.length).toBeLessThanOrEqual(1_600);
    const [unfolded] = await bodies({ text, channels: {} }, PHONE, {
      sms: { smartEncoding: false },
    });
    expect(unfolded).toContain('“Word”');
  });

  it('a long text is parts in order (trap 14)', async () => {
    const text = 'Word after word. '.repeat(250);
    const parts = (await bodies({ text })) as string[];
    expect(parts.map((part) => part.slice(0, 5))).toEqual(['(1/3)', '(2/3)', '(3/3)']);
    // Twilio's limit, whatever we call it.
    expect(await bodies({ text: 'x'.repeat(1_600) })).toHaveLength(1);
    expect(await bodies({ text: 'x'.repeat(1_601) })).toHaveLength(2);
    expect(await bodies({ text: 'x'.repeat(3_000) }, `whatsapp:${PHONE}`)).toHaveLength(2);
  });

  // The story: a card with a picture had a text of 1,500 characters. Twilio took it, and WhatsApp did not: below
  // media it has room for 1,024.
  it('a long text beside media on WhatsApp is parts that fit below them', async () => {
    const text = 'Word after word. '.repeat(90).trim();
    const channels = { sms: { mediaUrl: PICTURE } };
    const [first, ...others] = await sentFor({ text, channels }, `whatsapp:${PHONE}`);
    expect(first).toMatchObject({ MediaUrl: [PICTURE] });
    const parts = [first, ...others].map((form) => String(form?.['Body']));
    expect(parts.map((part) => part.slice(0, 5))).toEqual(['(1/2)', '(2/2)']);
    expect(Math.max(...parts.map(({ length }) => length))).toBeLessThanOrEqual(1_024);
    expect(parts.map((part) => part.slice(6)).join(' ')).toBe(text);
    expect(await bodies({ text, channels })).toEqual([text]);
    expect(await bodies({ text }, `whatsapp:${PHONE}`)).toEqual([text]);
  });

  it('buttons and quick replies are a menu', async () => {
    const buttons = [
      { title: 'Small', payload: '/s' },
      { title: 'Menu', url: 'https://x.org' },
    ];
    const menu = 'What size?\n1 Small\nMenu: https://x.org';
    expect(await bodies({ text: 'What size?', buttons })).toEqual([menu]);
    expect(await bodies({ text: 'What size?', quickReplies: buttons })).toEqual([menu]);
  });

  // Twilio's own buttons, lists and carousels are templates: few of them, short, some to be approved, and none of
  // them on every platform.
  it('on WhatsApp and RCS too, whole and without a template (traps 16 to 18)', async () => {
    const titles = Array.from({ length: 12 }, (_, i) => `Pizza number ${i + 1} of the house`);
    const buttons = titles.map((title) => ({ title, payload: title }));
    const menu = titles.map((title, i) => `${i + 1} ${title}`).join('\n');
    const parts: BotMessage[] = [
      { text: 'Which?', buttons },
      { text: 'Which?', quickReplies: buttons },
      { elements: [{ title: 'Which?', buttons }] },
    ];
    for (const to of [`whatsapp:${PHONE}`, `rcs:${PHONE}`]) {
      const { sms, twilio } = await startScene(() => {});
      // The emulator knows no RCS.
      const sent: string[][] = [];
      const taken: Answer = (res, form) => {
        sent.push([...form.keys(), form.get('Body') ?? '']);
        res.writeHead(201).end(JSON.stringify({ sid: `SM${sent.length}`, status: 'queued' }));
      };
      twilio.script.push(...parts.map(() => taken));
      const output = sms.getOutputChannel({ to });
      for (const part of parts) await output.sendResponse(to, part);
      const form = ['To', 'From', 'Body', `Which?\n${menu}`];
      expect(sent.map((each) => each.toSorted())).toEqual(parts.map(() => form.toSorted()));
    }
  });

  it('an image is media where MMS goes, else a link (trap 23)', async () => {
    expect(await sentFor({ image: PICTURE })).toEqual([{ MediaUrl: [PICTURE] }]);
    expect(await sentFor({ image: PICTURE }, GERMAN)).toEqual([{ Body: PICTURE }]);
    expect(await sentFor({ image: 'https://x.org/a.svg' })).toEqual([
      { Body: 'https://x.org/a.svg' },
    ]);
    expect(await sentFor({ image: '/local.png' })).toEqual([{ Body: '/local.png' }]);
  });

  it.each<BotMessage>([
    { image: INLINE },
    { attachment: INLINE },
    { attachment: { type: 'image', payload: { src: INLINE } } },
    {
      elements: [
        { title: 'One', imageUrl: PICTURE },
        { title: 'Two', imageUrl: INLINE },
      ],
    },
  ])('a data: URL is refused, and nothing of it is sent (%#)', async (response) => {
    for (const to of [PHONE, GERMAN]) {
      const { sms, twilio } = await startScene(() => {});
      const sending = sms.getOutputChannel({ to }).sendResponse(to, response);
      await expect(sending).rejects.toMatchObject({ code: 'unsupported_media', retryable: false });
      await expect(sending).rejects.toThrow('send its https URL');
      expect(twilio.tries).toBe(0);
    }
  });

  it('a file is media where Twilio takes it, else a link with its name', async () => {
    const url = 'https://x.org/menu.pdf';
    expect(await sentFor({ attachment: { url, name: 'Menu' } })).toEqual([{ MediaUrl: [url] }]);
    const large = { url, name: 'Menu', sizeBytes: 9 * 1024 * 1024 };
    expect(await sentFor({ attachment: large })).toEqual([{ Body: `Menu: ${url}` }]);
    expect(await bodies({ attachment: { id: 7 } })).toEqual(["Attachment: {'id': 7}"]);
  });

  // The story: media of the channel's own went once by themselves, and again with what became a text: each MMS
  // is paid for.
  it.each<[string, BotMessage, string]>([
    ['JSON', { custom: { mood: 'fine' } }, '{"mood": "fine"}'],
    ['an attachment without an address', { attachment: { id: 7 } }, "Attachment: {'id': 7}"],
    ['an image without an address', { image: '/local.png' }, '/local.png'],
  ])('media of the channel’s own go once, beside %s', async (_, part, text) => {
    const channels = { sms: { mediaUrl: [PICTURE] } };
    expect(await sentFor({ ...part, channels })).toEqual([{ MediaUrl: [PICTURE] }, { Body: text }]);
    expect(await sentFor({ ...part, text: 'Hi', channels })).toEqual([
      { Body: 'Hi', MediaUrl: [PICTURE] },
      { Body: text },
    ]);
  });

  it('media that Twilio cannot fetch is a link after all', async () => {
    const { sms, twilio } = await startScene(() => {});
    twilio.script.push(refusing(21620));
    await sms.getOutputChannel({ to: PHONE }).sendImageUrl(PHONE, PICTURE);
    expect(twilio.texts).toEqual([PICTURE]);
    twilio.script.push(refusing(21211));
    const failing = sms.getOutputChannel({ to: PHONE }).sendImageUrl(PHONE, PICTURE);
    await expect(failing).rejects.toMatchObject({ platformCode: '21211' });
  });

  it('cards are one text, but for those with a picture', async () => {
    const elements = [
      { title: 'Margherita', buttons: [{ title: 'Small' }] },
      { title: 'Salad', imageUrl: PICTURE, buttons: [{ title: 'Take' }] },
      { title: 'Soup' },
      { title: 'Bread', subtitle: 'free' },
    ];
    expect(await sentFor({ elements })).toEqual([
      { Body: 'Margherita\n1 Small' },
      { Body: 'Salad\n2 Take', MediaUrl: [PICTURE] },
      { Body: 'Soup\n\nBread\nfree' },
    ]);
    expect(await bodies({ elements }, GERMAN)).toEqual([
      `Margherita\n1 Small\n\nSalad\n2 Take\n${PICTURE}\n\nSoup\n\nBread\nfree`,
    ]);
  });

  it("custom JSON is a message's parameters, by Rasa's names or Twilio's", async () => {
    const media_url = [PICTURE];
    expect(await sentFor({ custom: { body: 'Look', media_url } })).toEqual([
      { Body: 'Look', MediaUrl: media_url },
    ]);
    expect(await sentFor({ custom: { body: 'Soon', validityPeriod: 60 } })).toEqual([
      { Body: 'Soon', ValidityPeriod: '60' },
    ]);
    expect(await bodies({ custom: { mood: 'fine', at: [1] } })).toEqual([
      '{"mood": "fine", "at": [1]}',
    ]);
  });

  it('custom JSON with an endless text is refused, and nobody waits for its segments', async () => {
    const clock = new FakeClock();
    const { sms, twilio } = await startScene(() => {}, { sms: { clock, segmentsPerSecond: 1 } });
    twilio.script.push(refusing(21617), null);
    const output = sms.getOutputChannel({ to: PHONE });
    // 747 segments, if they were counted.
    const custom = { body: '😀'.repeat(25_000) };
    await expect(output.sendResponse(PHONE, { custom })).rejects.toMatchObject({
      platformCode: '21617',
    });
    const next = output.sendResponse(PHONE, { text: 'Next' });
    expect(await outcomeOf(next)).toBe('open');
    await clock.advance(1_000);
    await next;
    expect(twilio.texts).toEqual(['Next']);
  });

  it('custom JSON may be for somebody else, who may have opted out', async () => {
    const { sms, twilio, bring } = await startScene(() => {});
    const custom = { body: 'Psst', to: '+15559990000' };
    await sms.getOutputChannel({ to: PHONE }).sendResponse(PHONE, { custom });
    expect(twilio.sent).toMatchObject([{ To: '+15559990000', Body: 'Psst' }]);
    await bring({ Body: 'STOP', From: '+15559990000' });
    const again = sms.getOutputChannel({ to: PHONE }).sendResponse(PHONE, { custom });
    await expect(again).rejects.toMatchObject({ code: 'delivery', platformCode: '21610' });
  });

  it('a template stands for all of it (traps 19, 20)', async () => {
    const contentSid = `HX${'0'.repeat(32)}`;
    // By the type that is exported for them: as an interface it was none of a channel's overrides.
    const parameters: SmsParameters = {
      contentSid,
      contentVariables: { 1: 'Ada' },
      mediaUrl: PICTURE,
    };
    const response: BotMessage = {
      text: 'Fallback',
      image: PICTURE,
      channels: { sms: parameters },
    };
    // Of JSON: Twilio takes no numbers.
    const custom = { content_sid: contentSid, content_variables: { 1: 'Ada', 2: 3, 3: null } };
    const written = { content_sid: contentSid, content_variables: '{"1":"Ada"}' };
    expect([
      await sentFor(response),
      await sentFor({ custom }),
      await sentFor({ custom: written }),
    ]).toEqual([
      [{ ContentSid: contentSid, ContentVariables: '{"1":"Ada"}' }],
      [{ ContentSid: contentSid, ContentVariables: '{"1":"Ada","2":"3"}' }],
      [{ ContentSid: contentSid, ContentVariables: '{"1":"Ada"}' }],
    ]);
    // Rasa's own form has a body, empty by default.
    for (const body of ['', 'Fallback']) {
      const mixed = { content_sid: contentSid, body, media_url: [PICTURE] };
      expect(await sentFor({ custom: mixed })).toEqual([{ ContentSid: contentSid }]);
    }
    // Also where an assistant speaks to the channel itself.
    const { sms, twilio } = await startScene(() => {});
    await sms.getOutputChannel({ to: PHONE }).sendTextMessage(PHONE, 'Hello', { contentSid });
    expect(twilio.sent).toMatchObject([{ ContentSid: contentSid }]);
    expect(twilio.texts).toEqual([undefined]);
  });

  it('a template needs no text beside it, nor a message that it answers', async () => {
    const { line, twilio } = await startScene(() => {});
    await twilio.receive('Hi');
    const contentSid = `HX${'0'.repeat(32)}`;
    await line.send(PHONE, { channels: { sms: { contentSid } } });
    expect(await twilio.until(1)).toMatchObject([{ ContentSid: contentSid }]);
  });

  it('media of the channel go with the text, at most ten a message', async () => {
    const mediaUrl = Array.from({ length: 12 }, (_, i) => `https://x.org/${i}.png`);
    expect(await sentFor({ text: 'Look', channels: { sms: { mediaUrl } } })).toEqual([
      { Body: 'Look', MediaUrl: mediaUrl.slice(0, 10) },
      { MediaUrl: mediaUrl.slice(10) },
    ]);
    expect(await sentFor({ channels: { sms: { mediaUrl: PICTURE } } })).toEqual([
      { MediaUrl: [PICTURE] },
    ]);
    // WhatsApp takes one.
    const three = mediaUrl.slice(0, 3);
    expect(await sentFor({ channels: { sms: { mediaUrl: three } } }, `whatsapp:${PHONE}`)).toEqual(
      three.map((url) => ({ MediaUrl: [url] })),
    );
  });

  it('media of the channel’s own go with a menu without a text, and once', async () => {
    const channels = { sms: { mediaUrl: PICTURE } };
    const offered = [{ title: 'Small' }];
    for (const key of ['buttons', 'quickReplies']) {
      const sent = await sentFor({ [key]: offered, channels });
      expect(sent).toEqual([{ Body: '1 Small', MediaUrl: [PICTURE] }]);
    }
  });

  it('other parameters go with each message', async () => {
    const sendAt = '2030-01-01T12:00:00+02:00';
    const own = { scheduleType: 'fixed', sendAt, maxPrice: 0.1, shortenUrls: true, nonsense: 1 };
    const [sent] = await sentFor({ text: 'Soon', channels: { sms: own } });
    expect(sent).toEqual({
      Body: 'Soon',
      ScheduleType: 'fixed',
      SendAt: '2030-01-01T10:00:00Z',
      MaxPrice: '0.1',
      ShortenUrls: 'true',
    });
    const long = 'Word after word. '.repeat(150);
    const parts = await sentFor({ text: long, channels: { sms: { validityPeriod: 60 } } });
    expect(parts.map(({ ValidityPeriod }) => ValidityPeriod)).toEqual(['60', '60']);
  });

  it('every parameter that Twilio has goes to Twilio', async () => {
    const service = { messagingServiceSid: SERVICE, fallbackFrom: OTHER_NUMBER };
    const [sent] = await sentFor({
      custom: {
        ...service,
        body: 'All of it',
        mediaUrl: [PICTURE],
        statusCallback: 'https://x.org/status',
        validityPeriod: 60,
        sendAsMms: true,
        shortenUrls: false,
        scheduleType: 'fixed',
        sendAt: '2030-01-01T10:00:00Z',
        persistentAction: 'geo:1,2',
        maxPrice: 1,
        provideFeedback: true,
        contentRetention: 'retain',
        addressRetention: 'obfuscate',
        smartEncoded: true,
        messageIntent: 'notifications',
        riskCheck: 'disable',
        applicationSid: `AP${'0'.repeat(32)}`,
        attempt: 2,
        forceDelivery: false,
        trafficType: 'free',
      },
    });
    expect(sent).toMatchObject({
      RiskCheck: 'disable',
      SendAsMms: 'true',
      MessagingServiceSid: SERVICE,
    });
    // Some were dropped without a word. Beside them: a template stands for body and media.
    const others = new Set(['To', 'From', 'ContentSid', 'ContentVariables']);
    expect(Object.keys(sent ?? {}).toSorted()).toEqual(
      PARAMETERS.filter((name) => !others.has(name)).toSorted(),
    );
  });

  // The story: a domain of Rasa's had short texts for `channel: twilio`, and none of them was said any more.
  it('a variation for Rasa’s `twilio` is one for SMS, unless there is one of its own', async () => {
    const rasa = [{ text: 'long' }, { text: 'short', channel: 'twilio' }];
    const responses = new Responses({ both: [...rasa, { text: 'own', channel: 'sms' }], rasa });
    const { twilio } = await startScene(
      async (_, reply) => {
        for (const name of ['rasa', 'both']) await reply.utter(name);
      },
      { responses },
    );
    await twilio.receive('Hi');
    await twilio.until(2);
    expect(twilio.texts).toEqual(['short', 'own']);
  });

  it('a stream is gathered, and sent once', async () => {
    const { twilio, bring } = await startScene(async (_, reply) => {
      await reply.stream(
        (async function* () {
          yield* ['Once ', 'upon ', 'a time'];
        })(),
      );
    });
    await bring();
    await twilio.until(1);
    expect(twilio.texts).toEqual(['Once upon a time']);
  });
});

describe('who sends', () => {
  async function senderOf(
    scene: Scene,
    values: Record<string, string>,
  ): Promise<SentForm | undefined> {
    await scene.bring(values);
    return (await scene.twilio.until(1))[0];
  }
  const echo: SceneOptions = {};

  it('is the number that was written to', async () => {
    const scene = await startScene((_, reply) => void reply.text('Hi'), echo);
    expect(await senderOf(scene, { To: OTHER_NUMBER })).toMatchObject({ From: OTHER_NUMBER });
  });

  it('is the number within the service that received it', async () => {
    const scene = await startScene((_, reply) => void reply.text('Hi'), {
      sms: { messagingServiceSid: SERVICE },
    });
    const values = { To: OTHER_NUMBER, MessagingServiceSid: SERVICE };
    const from = { From: OTHER_NUMBER, MessagingServiceSid: SERVICE };
    expect(await senderOf(scene, values)).toMatchObject(from);
  });

  it('is the service alone for whoever has not written', async () => {
    const { sms, twilio } = await startScene(() => {}, { sms: { messagingServiceSid: SERVICE } });
    await sms.getOutputChannel({ to: PHONE }).sendTextMessage(PHONE, 'News');
    expect(twilio.sent).toEqual([{ To: PHONE, MessagingServiceSid: SERVICE, Body: 'News' }]);
  });

  // The story: JSON for somebody's WhatsApp, said in a conversation of SMS, had our plain number as its sender,
  // and Twilio refuses a pair of two platforms.
  it('is on the platform of whom custom JSON writes to (trap 25)', async () => {
    const { sms, twilio } = await startScene(() => {});
    const say = (place: { to: string; from?: string }, custom: JsonObject): Promise<void> =>
      sms.getOutputChannel(place).sendCustomJson('', { body: 'Psst', ...custom });
    const whatsapp = { to: `whatsapp:${GERMAN}` };
    await say({ to: PHONE }, whatsapp);
    await say({ to: PHONE }, { ...whatsapp, from: OUR_NUMBER });
    await say({ to: `whatsapp:${PHONE}` }, { to: GERMAN });
    expect(twilio.sent).toMatchObject([
      { To: `whatsapp:${GERMAN}`, From: `whatsapp:${OUR_NUMBER}` },
      { To: `whatsapp:${GERMAN}`, From: `whatsapp:${OUR_NUMBER}` },
      { To: GERMAN, From: OUR_NUMBER },
    ]);
  });

  it('is on the platform of whom it writes to (traps 22, 25)', async () => {
    const scene = await startScene((_, reply) => void reply.text('Hi'));
    const whatsapp = { From: `whatsapp:${PHONE}`, To: `whatsapp:${OUR_NUMBER}` };
    expect(await senderOf(scene, whatsapp)).toMatchObject({
      From: `whatsapp:${OUR_NUMBER}`,
      To: `whatsapp:${PHONE}`,
    });
    await scene.sms.getOutputChannel({ to: `whatsapp:${PHONE}` }).sendTextMessage('', 'News');
    expect(scene.twilio.sent[1]).toMatchObject({ From: `whatsapp:${OUR_NUMBER}` });
  });
});
