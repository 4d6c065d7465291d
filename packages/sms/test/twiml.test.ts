import { MemoryStore, type Handle } from '@trunkline/core';
import { FakeClock } from '@trunkline/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../scripts/test-support/deferred.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { messageTwiml, twiml } from '../src/twiml.ts';
import { forgetfulStore, recordingLogger, startScene, type Scene } from './support/scene.ts';
import { call, inboundForm, PHONE, signedHeaders } from './support/twilio.ts';

expectNoUnhandledRejections();

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>';
const answer = (...texts: string[]): string =>
  `${HEAD}<Response>${texts.map((text) => `<Message><Body>${text}</Body></Message>`).join('')}</Response>`;

/** An assistant that says some texts, and the others when the gate opens. */
function inTwoParts(
  first: string[],
  ...others: string[]
): { assistant: Handle; began: Promise<void>; gate: { resolve(): void } } {
  const began = deferred();
  const gate = deferred();
  const assistant: Handle = async (_, reply) => {
    for (const text of first) await reply.text(text);
    began.resolve();
    await gate.promise;
    for (const text of others) await reply.text(text);
  };
  return { assistant, began: began.promise, gate };
}

/** What XML 1.0 allows. */
function isXml(char: string): boolean {
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x20) return '\t\n\r'.includes(char);
  return code < 0xd800 || (code > 0xdfff && code !== 0xfffe && code !== 0xffff);
}

describe('twiml', () => {
  it('has texts, media and a callback', () => {
    const message = {
      body: 'Tom & "Jerry" <3',
      mediaUrl: ['https://x.org/a?b=1&c=2'],
      statusCallback: 'https://y.org/s?a&b',
    };
    expect(twiml([messageTwiml(message)])).toBe(
      `${HEAD}<Response><Message action="https://y.org/s?a&amp;b"><Body>Tom &amp; &quot;Jerry&quot; &lt;3</Body>` +
        '<Media>https://x.org/a?b=1&amp;c=2</Media></Message></Response>',
    );
  });

  it('is well-formed whatever is said', { timeout: 30_000 }, () => {
    const units = fc
      .array(fc.oneof(fc.nat(0xff), fc.nat(0xffff)), { maxLength: 40 })
      .map((codes) => String.fromCharCode(...codes));
    fc.assert(
      fc.property(units, (body) => {
        const message = messageTwiml({ body: `${body}\uD800\u0000` });
        const inner = twiml([message]).slice(HEAD.length);
        const text = /^<Response><Message><Body>([^<>]*)<\/Body><\/Message><\/Response>$/.exec(
          inner,
        )?.[1];
        expect(text).toBeDefined();
        expect(Array.from(text ?? '').every(isXml)).toBe(true);
        expect(text?.replaceAll(/&(?:amp|lt|gt|quot);/g, '')).not.toContain('&');
      }),
    );
  });
});

describe("an answer within Twilio's request", () => {
  const sms = { reply: 'twiml' } as const;

  it('has all that was said', async () => {
    const { bring, twilio } = await startScene(
      async (message, reply) => {
        const sent = await reply.text(`You said ${message.text}`);
        // The README says so: there is no receipt.
        expect(sent.receipts).toEqual([{}]);
        await reply.buttons('Size?', [{ title: 'Small' }, { title: 'Large' }]);
        await reply.image('https://x.org/pizza.png');
      },
      { sms },
    );
    const response = await bring({ Body: 'Hi' });
    expect(response.headers.get('content-type')).toBe('text/xml');
    expect(await response.text()).toBe(
      `${HEAD}<Response><Message><Body>You said Hi</Body></Message>` +
        '<Message><Body>Size?\n1 Small\n2 Large</Body></Message>' +
        '<Message><Media>https://x.org/pizza.png</Media></Message></Response>',
    );
    expect(twilio.tries).toBe(0);
  });

  it('takes typed numbers for choices as well', async () => {
    const heard: unknown[] = [];
    const { bring } = await startScene(
      async (message, reply) => {
        heard.push([message.text, message.choice]);
        if (message.text === 'Hi') {
          await reply.buttons('Size?', [{ title: 'Small', payload: '/s' }, { title: 'Large' }]);
        }
      },
      { sms },
    );
    await bring({ Body: 'Hi' });
    expect(await (await bring({ Body: '7' })).text()).toBe(answer('Size?\n1 Small\n2 Large'));
    await bring({ Body: '1' });
    expect(heard).toEqual([
      ['Hi', null],
      ['/s', { title: 'Small', payload: '/s' }],
    ]);
  });

  it('ends after 10 seconds; what is missing goes by REST, and nothing twice', async () => {
    const clock = new FakeClock();
    const { assistant, began, gate } = inTwoParts(['At once'], 'Later');
    const [late, said] = [deferred(), deferred()];
    const { bring, twilio } = await startScene(
      async (message, reply) => {
        const first = assistant(message, reply);
        await late.promise;
        await reply.text('In time');
        said.resolve();
        await first;
      },
      { sms: { ...sms, clock }, clock },
    );
    const response = bring();
    await began;
    await clock.advance(9_999);
    late.resolve();
    await said.promise;
    await clock.advance(1);
    expect(await (await response).text()).toBe(answer('At once', 'In time'));
    gate.resolve();
    await twilio.until(1);
    expect(twilio.texts).toEqual(['Later']);
  });

  // The story: an answer of twelve texts was one of TwiML. Twilio takes ten, and the user never saw the last two.
  it('holds ten messages, as Twilio takes; what is over goes by REST, in order and once', async () => {
    const texts = Array.from({ length: 12 }, (_, index) => `text ${index + 1}`);
    const { bring, twilio } = await startScene(
      async (_, reply) => {
        for (const text of texts) await reply.text(text);
      },
      { sms },
    );
    expect(await (await bring()).text()).toBe(answer(...texts.slice(0, 10)));
    await twilio.until(2);
    expect(twilio.texts).toEqual(texts.slice(10));
  });

  it('holds 64 kB, as Twilio takes; what is over goes by REST', async () => {
    // In TwiML each of them is five characters.
    const text = '&'.repeat(1_600);
    const { bring, twilio } = await startScene(
      async (_, reply) => {
        for (let said = 0; said < 9; said++) await reply.text(text);
      },
      { sms },
    );
    const xml = await (await bring()).text();
    expect(Buffer.byteLength(xml)).toBeLessThanOrEqual(64_000);
    const inAnswer = xml.split('<Message>').length - 1;
    expect(inAnswer).toBe(7);
    await twilio.until(2);
    expect(twilio.texts).toEqual([text, text]);
  });

  it('that nobody waits for any more goes by REST, in order', async () => {
    const { assistant, began, gate } = inTwoParts(['One'], 'Two');
    const { webhook, twilio } = await startScene(assistant, { sms });
    const gone = new AbortController();
    const form = inboundForm();
    const request = fetch(webhook, {
      method: 'POST',
      headers: signedHeaders(webhook, form),
      body: new URLSearchParams(form).toString(),
      signal: gone.signal,
    });
    await began;
    gone.abort();
    await expect(request).rejects.toThrow();
    await twilio.until(1);
    gate.resolve();
    await twilio.until(2);
    expect(twilio.texts).toEqual(['One', 'Two']);
  });

  it('cannot hold a template: from there on it is REST', async () => {
    const contentSid = `HX${'0'.repeat(32)}`;
    const { bring, twilio } = await startScene(
      async (_, reply) => {
        await reply.text('One');
        await reply.response({ channels: { sms: { contentSid } } });
        await reply.text('Three');
      },
      { sms },
    );
    expect(await (await bring()).text()).toBe(answer('One'));
    await twilio.until(2);
    expect(twilio.sent).toMatchObject([{ ContentSid: contentSid, To: PHONE }, { Body: 'Three' }]);
  });

  it('cannot hold what TwiML has no word for either', async () => {
    const { bring, twilio } = await startScene(
      async (_, reply) => {
        await reply.text('One');
        await reply.text('Two', { validityPeriod: 60 });
      },
      { sms },
    );
    expect(await (await bring()).text()).toBe(answer('One'));
    expect(await twilio.until(1)).toMatchObject([{ Body: 'Two', ValidityPeriod: '60' }]);
  });

  it('has each message’s own callback, else the channel’s', async () => {
    const { bring } = await startScene(
      async (_, reply) => {
        await reply.text('One', { statusCallback: 'https://x.org/one' });
        await reply.text('Two');
      },
      { sms: { ...sms, statusCallback: 'https://x.org/all' } },
    );
    expect((await (await bring()).text()).match(/action="[^"]*"/g)).toEqual([
      'action="https://x.org/one"',
      'action="https://x.org/all"',
    ]);
  });

  it('is given once, however often Twilio asks (trap 12)', async () => {
    let runs = 0;
    const { webhook } = await startScene((_, reply) => void reply.text(`Run ${++runs}`), { sms });
    const form = inboundForm();
    expect(await (await call(webhook, form)).text()).toBe(answer('Run 1'));
    expect(await (await call(webhook, form)).text()).toBe(`${HEAD}<Response/>`);
  });

  it('is what was said before the assistant failed; 500 if that was nothing', async () => {
    const { bring } = await startScene(
      async (message, reply) => {
        if (message.text === 'speak') await reply.text('First');
        throw new Error('broken');
      },
      { sms },
    );
    expect(await (await bring({ Body: 'speak' })).text()).toBe(answer('First'));
    expect((await bring({ Body: 'fail' })).status).toBe(500);
  });

  it('is refused where too much waits, and may be asked for again', async () => {
    const gate = deferred();
    const { webhook, bring } = await startScene(
      async (message, reply) => {
        if (message.text === 'first') await gate.promise;
        await reply.text('Noted');
      },
      { sms, turns: { maxQueued: 1 } },
    );
    const first = bring({ Body: 'first' });
    const second = bring({ Body: 'second' });
    const form = inboundForm({ Body: 'third' });
    let refused = await call(webhook, form);
    while (refused.status === 200) refused = await call(webhook, form);
    expect(refused.status).toBe(503);
    gate.resolve();
    await Promise.all([first, second]);
    expect(await (await call(webhook, form)).text()).toBe(answer('Noted'));
  });

  it('is empty for a message whose turn waits too long, which goes on by REST', async () => {
    const clock = new FakeClock();
    const gate = deferred();
    const began = deferred();
    const { bring, twilio } = await startScene(
      async (message, reply) => {
        if (message.text === 'first') {
          began.resolve();
          await gate.promise;
        }
        await reply.text(`You said ${message.text}`);
      },
      { sms: { ...sms, clock }, clock, turns: { maxWaitMs: 12_000 } },
    );
    const first = bring({ Body: 'first' });
    await began.promise;
    const second = bring({ Body: 'second' });
    // Two requests and one turn wait: their deadlines, and that of the wait.
    while (clock.pending < 4) await new Promise((done) => setImmediate(done));
    await clock.advance(10_000);
    expect(await (await second).text()).toBe(`${HEAD}<Response/>`);
    await clock.advance(2_000);
    gate.resolve();
    await twilio.until(2);
    expect(twilio.texts).toEqual(['You said first', 'You said second']);
    await first;
  });

  it('is empty for a message whose place a newer one takes', async () => {
    const began = deferred();
    const { bring } = await startScene(
      async (message, reply) => {
        if (message.text === 'older') {
          began.resolve();
          await new Promise((_, reject) => {
            reply.signal.addEventListener('abort', () => reject(new Error('ended')));
          });
        }
        await reply.text('Hello');
      },
      { sms, overlap: 'latest' },
    );
    const older = bring({ Body: 'older' });
    await began.promise;
    expect(await (await bring({ Body: 'newer' })).text()).toBe(answer('Hello'));
    const response = await older;
    expect([response.status, await response.text()]).toEqual([200, `${HEAD}<Response/>`]);
  });

  describe('is empty for whoever has opted out', () => {
    it('before, whether the assistant lets the refusal through or hears of it', async () => {
      const refused: unknown[] = [];
      const { bring } = await startScene(
        async (message, reply) => {
          const said = reply.text('Hello');
          await (message.text === 'listen'
            ? said.catch((error: unknown) => void refused.push(error))
            : said);
        },
        { sms },
      );
      await bring({ Body: 'STOP' });
      for (const Body of ['Hello', 'listen']) {
        const response = await bring({ Body });
        expect([response.status, await response.text()]).toEqual([200, `${HEAD}<Response/>`]);
      }
      expect(refused).toMatchObject([{ code: 'opted_out' }]);
    });

    it.each([
      ['to this process', false, 0],
      ['to another process, and it looked a moment ago', true, 20],
      ['to another process, and it looked by a clock that was put back, in the future', true, -1],
    ])('since the first of it was said: %s', async (_when, isElsewhere, ms) => {
      const store = new MemoryStore();
      const clock = new FakeClock();
      const { assistant, began, gate } = inTwoParts(['Said at once'], 'Said later');
      const { logger, lines } = recordingLogger();
      const failures: Error[] = [];
      const onError = (error: Error): void => void failures.push(error);
      const options = { sms: { ...sms, clock, logger }, clock, store, logger, onError };
      const { bring, twilio } = await startScene(assistant, options);
      const other = isElsewhere ? await startScene(() => {}, { store }) : { bring };
      const response = bring({ Body: 'Hello' });
      await began;
      await other.bring({ Body: 'STOP' });
      await clock.advance(ms);
      gate.resolve();
      expect(await (await response).text()).toBe(`${HEAD}<Response/>`);
      expect(twilio.tries).toBe(0);
      // What the assistant said later; what was in the answer is nobody's failure.
      expect([lines.length, failures]).toEqual([1, []]);
    });
  });

  describe('where the store cannot say who has opted out', () => {
    /** The assistant says two texts, and then nothing until the deadline is over. */
    async function atDeadline(reads: number): Promise<{
      scene: Scene;
      response: Promise<Response>;
      clock: FakeClock;
      lines: string[];
      failures: Error[];
      gate: { resolve(): void };
    }> {
      const clock = new FakeClock();
      const { assistant, began, gate } = inTwoParts(['One', 'Two']);
      const { store, failing } = forgetfulStore();
      const { logger, lines } = recordingLogger();
      const failures: Error[] = [];
      const scene = await startScene(assistant, {
        sms: { ...sms, clock, logger },
        clock,
        store,
        onError: (error) => void failures.push(error),
      });
      const response = scene.bring();
      await began;
      failing.reads = reads;
      await clock.advance(10_000);
      return { scene, response, clock, lines, failures, gate };
    }

    it('for a moment, what was said goes by REST', async () => {
      const { scene, response, lines, failures, gate } = await atDeadline(1);
      expect(await (await response).text()).toBe(`${HEAD}<Response/>`);
      await scene.twilio.until(2);
      expect(scene.twilio.texts).toEqual(['One', 'Two']);
      gate.resolve();
      expect(await (await scene.bring()).text()).toBe(answer('One', 'Two'));
      expect([lines, failures]).toEqual([[], []]);
    });

    it('for longer, it is reported how much was not said', async () => {
      const { scene, response, lines, gate } = await atDeadline(Number.POSITIVE_INFINITY);
      expect(await (await response).text()).toBe(`${HEAD}<Response/>`);
      // While the assistant is still at it, which may be for ever.
      while (lines.length === 0) await new Promise((done) => setImmediate(done));
      expect(lines[0]).toContain('the last 2 messages were not sent');
      expect(lines.join()).not.toMatch(/One|Two|\+1555/);
      expect(scene.twilio.tries).toBe(0);
      gate.resolve();
    });
  });
});
