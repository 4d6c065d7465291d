import { describe, expect, it } from 'vitest';
import { FakeClock } from '@trunkline/testing';
import { deferred } from '../../../scripts/test-support/deferred.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { recordingLogger, startScene } from './support/scene.ts';
import {
  badGateway,
  breaking,
  OTHER_NUMBER,
  OUR_NUMBER,
  PHONE,
  refusing,
  TOKEN,
  type Twilio,
} from './support/twilio.ts';

expectNoUnhandledRejections();

/** The SDK's own retries are out of the way: these are the turn engine's. */
const sms = { maxRetries: 0 };
const once = { retryMs: 60_000 };

/** The next answer is lost, after Twilio has taken the message. */
function loseAnswer(twilio: Twilio): Twilio['onTaken'] {
  return (res) => {
    twilio.onTaken = null;
    res.destroy();
  };
}

describe('a message that Twilio does not take', () => {
  it('for now is sent again, once (trap 3)', async () => {
    const { bring, twilio } = await startScene((_, reply) => void reply.text('Hi'), { sms });
    twilio.script.push(refusing(20429, 429), null);
    await bring();
    await twilio.until(1);
    expect([twilio.tries, twilio.texts]).toEqual([2, ['Hi']]);
  });

  it('for good becomes a dead letter, without the number in its reason', async () => {
    const { logger, lines } = recordingLogger();
    const { bring, twilio, line } = await startScene(
      async (_, reply) => {
        await reply.text('Hi');
      },
      { sms: { ...sms, logger }, logger },
    );
    twilio.script.push(refusing(21211));
    await bring({ Body: 'my words' });
    while ((await line.deadLetters.list()).length === 0)
      await new Promise((done) => setImmediate(done));
    const [letter] = await line.deadLetters.list();
    expect(letter?.reason).toContain('error 21211');
    const log = lines.join('\n');
    for (const secret of [PHONE, TOKEN, 'my words', 'Basic ']) expect(log).not.toContain(secret);
    expect(twilio.tries).toBe(1);
  });

  it.each([
    ['a connection that breaks', breaking],
    ['a page of some proxy', badGateway],
  ])('with an unknown outcome, %s, is sent again: whenUnknown is resend', async (_, answer) => {
    const { bring, twilio } = await startScene((_m, reply) => void reply.text('Hi'), { sms });
    twilio.script.push(answer);
    await bring();
    await twilio.until(1);
    expect(twilio.tries).toBe(2);
  });

  it('with an unknown outcome is not sent again: whenUnknown is assume-sent (trap 5)', async () => {
    const { bring, twilio } = await startScene(
      async (_m, reply) => {
        await reply.text('One');
        await reply.text('Two');
      },
      { sms, delivery: { ...once, whenUnknown: 'assume-sent' } },
    );
    twilio.script.push(breaking);
    await bring();
    await twilio.until(1);
    expect(twilio.texts).toEqual(['Two']);
  });

  it('but took after all is found in its log, and not sent twice (trap 5)', async () => {
    const sids: unknown[] = [];
    const { bring, twilio } = await startScene(
      async (_m, reply) => {
        const sent = await reply.text('Hi');
        sids.push(sent.receipts[0]?.['sid']);
        // The same text again is another message, and no proof of the first.
        for (const text of ['Hi', 'End']) await reply.text(text);
      },
      { sms: { ...sms, searchUnknown: true }, delivery: once },
    );
    twilio.onTaken = loseAnswer(twilio);
    await bring();
    await twilio.until(3);
    expect([twilio.tries, twilio.texts]).toEqual([3, ['Hi', 'Hi', 'End']]);
    expect(sids).toEqual([twilio.sidOf(0)]);
  });

  it('and that no message began is looked for, too', async () => {
    const { bring, line, twilio } = await startScene((_m, reply) => void reply.text('Hi'), {
      sms: { ...sms, searchUnknown: true },
      delivery: once,
    });
    await bring();
    await twilio.until(1);
    twilio.onTaken = loseAnswer(twilio);
    await line.send(PHONE, { text: 'News' }, { channel: 'sms' });
    await bring();
    await twilio.until(3);
    expect([twilio.tries, twilio.texts]).toEqual([3, ['Hi', 'News', 'Hi']]);
  });

  it('is looked for from when its turn was taken over', async () => {
    const { bring, twilio } = await startScene((_m, reply) => void reply.text('Hi'), {
      sms: { ...sms, searchUnknown: true },
      delivery: once,
    });
    const since = deferred<string | null>();
    twilio.onSearch = (query) => since.resolve(query.get('DateSent>'));
    twilio.script.push(breaking);
    const before = Date.now();
    await bring();
    const begun = before - Date.parse((await since.promise) ?? '');
    // Twilio counts whole seconds.
    expect(begun).toBeGreaterThan(0);
    expect(begun).toBeLessThanOrEqual(6_000);
  });

  it('is not taken for that of another turn with the same text', async () => {
    const { bring, twilio } = await startScene((_m, reply) => void reply.text('Sorry?'), {
      sms: { ...sms, searchUnknown: true },
      delivery: once,
    });
    twilio.script.push(null, breaking);
    await Promise.all([bring(), bring()]);
    await twilio.until(2);
    expect([twilio.tries, twilio.texts]).toEqual([3, ['Sorry?', 'Sorry?']]);
  });

  it('is not taken for another of the turn with the same text', async () => {
    const { bring, twilio } = await startScene(
      async (_m, reply) => {
        for (const text of ['Hi', 'Hi']) await reply.text(text);
      },
      { sms: { ...sms, searchUnknown: true }, delivery: once },
    );
    twilio.script.push(null, breaking);
    await bring();
    await twilio.until(2);
    expect([twilio.tries, twilio.texts]).toEqual([3, ['Hi', 'Hi']]);
  });

  it('is looked for among those of the sender that the response names', async () => {
    const { bring, twilio } = await startScene(
      (_m, reply) => void reply.response({ text: 'Hi', channels: { sms: { from: OTHER_NUMBER } } }),
      { sms: { ...sms, searchUnknown: true }, delivery: once },
    );
    const found = deferred<string | null>();
    twilio.onTaken = loseAnswer(twilio);
    twilio.onSearch = (query) => found.resolve(query.get('From'));
    await bring();
    expect(await found.promise).toBe(OTHER_NUMBER);
    expect(twilio.tries).toBe(1);
  });

  it('and is not in its log is sent again', async () => {
    const { bring, twilio } = await startScene((_m, reply) => void reply.text('Hi'), {
      sms: { ...sms, searchUnknown: true },
      delivery: once,
    });
    twilio.script.push(breaking);
    await bring();
    await twilio.until(1);
    expect([twilio.tries, twilio.texts]).toEqual([2, ['Hi']]);
  });
});

describe('a sender whose queue is full at Twilio', () => {
  it.each([21611, 30001])('is held back as a whole, until there is room (%d)', async (code) => {
    const clock = new FakeClock();
    const pending = deferred();
    const {
      bring,
      sms: channel,
      twilio,
    } = await startScene((_, reply) => void reply.text('Hi'), {
      clock,
      sms: { ...sms, clock },
      onSend: ({ outcome }) => outcome === 'pending' && pending.resolve(),
    });
    twilio.script.push(refusing(code));
    await bring();
    await pending.promise;
    const another = channel.getOutputChannel({ to: '+15559990000', from: OUR_NUMBER });
    await expect(another.sendTextMessage('', 'Another')).rejects.toMatchObject({
      code: 'paced',
      retryable: true,
      mayHaveArrived: false,
      retryAfterMs: 60_000,
    });
    expect(twilio.tries).toBe(1);
    await clock.advance(90_000);
    await twilio.until(1);
    expect(twilio.texts).toEqual(['Hi']);
  });
});
