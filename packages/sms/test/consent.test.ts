import { FakeClock } from '@trunkline/testing';
import { describe, expect, it } from 'vitest';
import { outcomeOf } from '../../../scripts/test-support/deferred.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { forgetfulStore, recordingLogger, startScene } from './support/scene.ts';
import { tell, types } from './support/told.ts';
import {
  call,
  inboundForm,
  OTHER_NUMBER,
  OUR_NUMBER,
  PHONE,
  refusing,
  SERVICE,
} from './support/twilio.ts';

expectNoUnhandledRejections();

describe('STOP and START (trap 24)', () => {
  it('are events, and nothing is sent in between by any path', async () => {
    const { twilio, bring, events, heard, replies, sms, line, came, over } = await tell();
    await bring({ Body: ' Stop ' });
    await came(1);
    // An answer, and messages of our own, stored and at once: each its own path.
    await bring({ Body: 'Hello' });
    await over(1);
    await line.send(PHONE, { text: 'News' }, { channel: 'sms' });
    await over(2);
    await expect(
      sms.getOutputChannel({ to: PHONE }).sendTextMessage(PHONE, 'News'),
    ).rejects.toMatchObject({ code: 'opted_out', platformCode: '21610', retryable: false });
    expect([twilio.tries, heard]).toEqual([0, ['Hello']]);
    await bring({ Body: 'start' });
    await came(3);
    await bring({ Body: 'Back' });
    await twilio.until(1);
    expect(twilio.texts).toEqual(['You said Back']);
    expect(types(events)).toEqual(['opted_out', 'opted_in']);
    expect(events[0]).toMatchObject({ senderId: PHONE, data: { keyword: 'STOP', answered: true } });
    expect(replies).toEqual([false, false]);
  });

  // The story: each message of somebody who had opted out and wrote on became a dead letter, and two errors in the log.
  it('leave no dead letters, and a line in the log for each answer', async () => {
    const { logger, lines } = recordingLogger();
    const { bring, failures, outcomes, line, came, over } = await tell({ logger });
    await bring({ Body: 'STOP' });
    await came(1);
    for (const [index, Body] of ['Hello?', 'Anybody there?'].entries()) {
      await bring({ Body });
      await over(index + 1);
    }
    expect([await line.deadLetters.list(), failures]).toEqual([[], []]);
    expect(outcomes).toEqual(['failed', 'failed']);
    const text = 'nothing is sent to a recipient who has opted out';
    const about = lines.filter((each) => each.includes('opted out'));
    expect(about).toEqual([expect.stringContaining(text), expect.stringContaining(text)]);
    expect(lines.join()).not.toMatch(/dead letter|5557654321/);
  });

  // The story: a number of the staff had opted out. What was to be passed on to it, and the answer behind it, were
  // dropped with a line in the log, as if the user themselves had wanted nothing.
  it('of somebody else are a failure of what was for them', async () => {
    const staff = '+15559990000';
    const { bring, line } = await startScene(async (_, reply) => {
      await reply.custom({ body: 'A customer asks', to: staff });
      await reply.text('Somebody will call you');
    });
    await bring({ Body: 'STOP', From: staff });
    await bring({ Body: 'Help me' });
    await expect
      .poll(() => line.deadLetters.list())
      .toMatchObject([{ message: { text: 'Help me' } }]);
  });

  it('delivered twice are told once', async () => {
    const { webhook, bring, events, heard, came } = await tell();
    const form = inboundForm({ Body: 'STOP' });
    for (let i = 0; i < 2; i++) expect((await call(webhook, form)).status).toBe(200);
    await bring({ Body: 'START' });
    // The first delivery again, late: the user has come back since.
    await call(webhook, form);
    await bring({ Body: 'Hello' });
    await came(3);
    expect(types(events)).toEqual(['opted_out', 'opted_in']);
    expect(heard).toEqual(['Hello']);
  });

  it('of one number are none of another', async () => {
    const accounts = [OUR_NUMBER, OTHER_NUMBER].map((twilioNumber) => ({ twilioNumber }));
    const { bring, twilio, came } = await tell({ accounts });
    await bring({ Body: 'STOP' });
    await came(1);
    await bring({ Body: 'Hello', To: OTHER_NUMBER });
    await twilio.until(1);
    expect(twilio.sent[0]).toMatchObject({ From: OTHER_NUMBER });
  });

  it('of a number in a service count for both, whichever is named', async () => {
    const { bring, sms, twilio, came } = await tell({ sms: { twilioNumber: OTHER_NUMBER } });
    const news = (address: Record<string, string>): Promise<void> =>
      sms.getOutputChannel({ to: PHONE, ...address }).sendTextMessage(PHONE, 'News');
    const named = { To: OTHER_NUMBER, MessagingServiceSid: SERVICE };
    const addresses = [{}, { service: SERVICE }, { from: OTHER_NUMBER, service: SERVICE }];
    await bring({ ...named, Body: 'STOP' });
    await came(1);
    for (const address of addresses) {
      await expect(news(address)).rejects.toMatchObject({ code: 'opted_out' });
    }
    await bring({ ...named, Body: 'START' });
    await came(2);
    for (const address of addresses) await news(address);
    expect(twilio.tries).toBe(3);
    // The request may not name the service.
    await bring({ To: OTHER_NUMBER, Body: 'STOP' });
    await came(3);
    await expect(news({ from: OTHER_NUMBER, service: SERVICE })).rejects.toMatchObject({
      code: 'opted_out',
    });
  });

  // The story: a STOP over RCS was noted for the service and for the RCS sender, and the START that followed by SMS
  // took back that of the service. Over RCS the bot stayed silent for ever.
  it('of a service are taken back whatever sender of it the user writes to', async () => {
    const { bring, sms, twilio, came } = await tell({ sms: { twilioNumber: OTHER_NUMBER } });
    const addresses = [{ from: OTHER_NUMBER, service: SERVICE }, { from: OTHER_NUMBER }];
    const news = (address: Record<string, string>): Promise<void> =>
      sms.getOutputChannel({ to: PHONE, ...address }).sendTextMessage(PHONE, 'News');
    await bring({ Body: 'STOP', To: OTHER_NUMBER, MessagingServiceSid: SERVICE });
    await came(1);
    for (const address of addresses) {
      await expect(news(address)).rejects.toMatchObject({ code: 'opted_out' });
    }
    await bring({ Body: 'START', To: 'rcs:pizza', MessagingServiceSid: SERVICE });
    await came(2);
    for (const address of addresses) await news(address);
    expect(twilio.sent).toHaveLength(2);
    // That of the number alone is another matter.
    await bring({ Body: 'STOP', To: OTHER_NUMBER });
    await bring({ Body: 'START', To: 'rcs:pizza', MessagingServiceSid: SERVICE });
    await came(4);
    for (const address of addresses) {
      await expect(news(address)).rejects.toMatchObject({ code: 'opted_out' });
    }
  });

  it('count for what waits for its turn already', async () => {
    const clock = new FakeClock();
    const { bring, sms, twilio, came } = await tell({
      sms: { clock, segmentsPerSecond: 1 },
      clock,
    });
    const output = sms.getOutputChannel({ to: PHONE });
    await output.sendTextMessage(PHONE, 'One');
    const second = output.sendTextMessage(PHONE, 'Two');
    expect(await outcomeOf(second)).toBe('open');
    await bring({ Body: 'STOP' });
    await came(1);
    await clock.advance(1_000);
    await expect(second).rejects.toMatchObject({ code: 'opted_out' });
    expect(twilio.texts).toEqual(['One']);
  });

  // The story: somebody who had opted out was written to again from a list of customers, in which the number
  // had blanks. Twilio takes it so, and where Twilio keeps no opt-outs, nobody refused it.
  it.each([
    '+1 (555) 765-4321',
    '+1 555.765.4321',
    '15557654321',
    '555-765-4321',
    '(555) 765 4321',
  ])('count for the same number in another form (%s)', async (to) => {
    const { bring, sms, twilio, came } = await tell();
    await bring({ Body: 'STOP' });
    await came(1);
    const output = sms.getOutputChannel({ to });
    await expect(output.sendTextMessage(to, 'News')).rejects.toMatchObject({ code: 'opted_out' });
    const custom = { to, body: 'News' };
    for (const [from, code] of [
      [PHONE, 'opted_out'],
      ['+15550009999', 'delivery'],
    ] as const) {
      await expect(
        sms.getOutputChannel({ to: from }).sendCustomJson('', custom),
      ).rejects.toMatchObject({ code, platformCode: '21610' });
    }
    expect(twilio.tries).toBe(0);
  });

  it.each(['15550001111', '+1-555-000-1111'])(
    'count for a number of ours that the options have in another form (%s)',
    async (twilioNumber) => {
      const { bring, sms, twilio, came } = await tell({ sms: { twilioNumber } });
      await bring({ Body: 'STOP' });
      await came(1);
      const sent = sms.getOutputChannel({ to: PHONE }).sendTextMessage(PHONE, 'News');
      await expect(sent).rejects.toMatchObject({ code: 'opted_out' });
      expect(twilio.tries).toBe(0);
    },
  );

  it('over WhatsApp are none of SMS, nor the other way round', async () => {
    const whatsapp = { From: `whatsapp:${PHONE}`, To: `whatsapp:${OUR_NUMBER}` };
    for (const [values, other] of [
      [whatsapp, PHONE],
      [{}, `whatsapp:${PHONE}`],
    ] as const) {
      const { bring, sms, twilio, came } = await tell();
      await bring({ ...values, Body: 'STOP' });
      await came(1);
      await sms.getOutputChannel({ to: other }).sendTextMessage(other, 'News');
      expect(twilio.sent).toMatchObject([{ To: other }]);
    }
  });

  it('over RCS block SMS of the service too', async () => {
    const { bring, sms, came } = await tell({
      sms: { messagingServiceSid: SERVICE, twilioNumber: OTHER_NUMBER },
    });
    await bring({
      Body: 'STOP',
      From: `rcs:${PHONE}`,
      To: 'rcs:pizza',
      MessagingServiceSid: SERVICE,
    });
    await came(1);
    const output = sms.getOutputChannel({ to: PHONE });
    await expect(output.sendTextMessage(PHONE, 'News')).rejects.toMatchObject({
      code: 'opted_out',
    });
  });
});

describe('a sender that a response or an address names', () => {
  it('is one whose opt-outs count', async () => {
    const service = { messagingServiceSid: SERVICE, twilioNumber: OTHER_NUMBER };
    const { sms, bring, twilio, came } = await tell({
      accounts: [{ twilioNumber: OUR_NUMBER }, service],
    });
    await bring({ Body: 'STOP', To: OTHER_NUMBER, MessagingServiceSid: SERVICE });
    await came(1);
    const said = { text: 'News', channels: { sms: { from: OTHER_NUMBER } } };
    for (const [address, response] of [
      [{ to: PHONE, from: OTHER_NUMBER }, { text: 'News' }],
      [{ to: PHONE }, said],
      [{ to: PHONE }, { custom: { body: 'News', messaging_service_sid: SERVICE } }],
    ] as const) {
      await expect(sms.getOutputChannel(address).sendResponse('', response)).rejects.toMatchObject({
        code: 'opted_out',
      });
    }
    await sms.getOutputChannel({ to: PHONE }).sendTextMessage('', 'News');
    expect(twilio.sent).toMatchObject([{ From: OUR_NUMBER }]);
  });
});

describe('error 21610', () => {
  it('sets the same state: Twilio is not asked again', async () => {
    const { bring, twilio, line, over, outcomes, failures } = await tell();
    twilio.script.push(refusing(21610));
    for (const [index, Body] of ['Hello', 'Hello?'].entries()) {
      await bring({ Body });
      await over(index + 1);
    }
    expect([twilio.tries, outcomes]).toEqual([1, ['failed', 'failed']]);
    expect([await line.deadLetters.list(), failures]).toEqual([[], []]);
  });

  it('is told to whoever sends, as any other attempt', async () => {
    const { sms, twilio } = await tell();
    twilio.script.push(refusing(21610));
    for (let i = 0; i < 2; i++) {
      const sent = sms.getOutputChannel({ to: PHONE }).sendTextMessage(PHONE, 'News');
      await expect(sent).rejects.toMatchObject({ code: 'opted_out', platformCode: '21610' });
    }
    expect(twilio.tries).toBe(1);
  });

  it('is logged where the store cannot take it', async () => {
    const { logger, lines } = recordingLogger();
    const { store, failing } = forgetfulStore();
    const { bring, twilio, over } = await tell({ sms: { logger }, store });
    twilio.script.push(refusing(21610), refusing(21610));
    failing.writes = 1;
    await bring({ Body: 'Hello' });
    await over(1);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('an opt-out was not noted');
    expect(lines[0]).toContain('the store is away');
    expect(lines[0]).not.toContain(PHONE);
    // Twilio says it once more, and this time it is noted.
    await bring({ Body: 'Hello?' });
    await over(2);
    await bring({ Body: 'Hello!' });
    await over(3);
    expect(twilio.tries).toBe(2);
  });

  it('of a status callback does, too', async () => {
    const { url, bring, twilio, over } = await tell();
    const form = { ...inboundForm(), From: OUR_NUMBER, To: PHONE };
    const status = { ...form, MessageStatus: 'failed', ErrorCode: '21610' };
    expect((await call(`${url}/webhooks/sms/status`, status)).status).toBe(204);
    await bring({ Body: 'Hello' });
    await over(1);
    expect(twilio.tries).toBe(0);
  });
});
