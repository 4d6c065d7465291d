import { FakeClock } from '@trunkline/testing';
import { describe, expect, it } from 'vitest';
import { outcomeOf } from '../../../scripts/test-support/deferred.ts';
import { Pace } from '../src/pace.ts';
import { startScene } from './support/scene.ts';
import {
  OTHER_NUMBER,
  OUR_NUMBER,
  PHONE,
  refusing,
  SERVICE,
  type Answer,
} from './support/twilio.ts';

describe('Pace', () => {
  it('lets a sender send so many segments a second, and others meanwhile', async () => {
    const clock = new FakeClock();
    const pace = new Pace('sms', clock, 2);
    await pace.take('a', 2);
    const next = pace.take('a', 1);
    expect(await outcomeOf(next)).toBe('open');
    await pace.take('b', 1);
    await clock.advance(999);
    expect(await outcomeOf(next)).toBe('open');
    await clock.advance(1);
    await next;
  });

  it('lets those that wait send one after the other', async () => {
    const clock = new FakeClock();
    const pace = new Pace('sms', clock, 1);
    await pace.take('a', 2);
    const [second, third] = [pace.take('a', 1), pace.take('a', 1)];
    await clock.advance(2_000);
    await second;
    expect(await outcomeOf(third)).toBe('open');
    await clock.advance(1_000);
    await third;
  });

  it('has nobody save up what was not sent', async () => {
    const clock = new FakeClock();
    const pace = new Pace('sms', clock, 1);
    await pace.take('a', 1);
    await clock.advance(60_000);
    await pace.take('a', 1);
    const next = pace.take('a', 1);
    expect(await outcomeOf(next)).toBe('open');
    await clock.advance(1_000);
    await next;
  });

  it('holds nobody for less than they wait already', async () => {
    const clock = new FakeClock();
    const pace = new Pace('sms', clock, 1);
    await pace.take('a', 3);
    pace.hold('a', 1_000);
    const next = pace.take('a', 1);
    await clock.advance(2_999);
    expect(await outcomeOf(next)).toBe('open');
    await clock.advance(1);
    await next;
  });

  it('sends those that wait for long to the store', async () => {
    const clock = new FakeClock();
    const pace = new Pace('sms', clock, 1);
    await pace.take('a', 5);
    const next = pace.take('a', 1);
    expect(await outcomeOf(next)).toBe('open');
    await expect(pace.take('a', 1)).rejects.toMatchObject({
      code: 'paced',
      retryable: true,
      mayHaveArrived: false,
      retryAfterMs: 6_000,
    });
    await clock.advance(6_000);
    await next;
    await pace.take('a', 1);
  });

  it('without a limit holds back nobody, but whom Twilio holds back', async () => {
    const clock = new FakeClock();
    const pace = new Pace('sms', clock, Number.POSITIVE_INFINITY);
    for (let i = 0; i < 100; i++) await pace.take('a', 10);
    pace.hold('a', 3_000);
    const held = pace.take('a', 1);
    expect(await outcomeOf(held)).toBe('open');
    await clock.advance(3_000);
    await held;
    await pace.take('a', 1);
    expect(clock.pending).toBe(0);
  });

  it('holds nobody back for as long as a clock was put back', async () => {
    // A machine that was an hour ahead sent every message to the store for that hour.
    const clock = new FakeClock();
    const pace = new Pace('sms', clock, 1);
    await pace.take('a', 1);
    pace.hold('b', 3_000);
    await clock.advance(-60 * 60 * 1000);
    const [paced, held] = [pace.take('a', 1), pace.take('b', 1)];
    expect([await outcomeOf(paced), await outcomeOf(held)]).toEqual(['open', 'open']);
    await clock.advance(1_000);
    await paced;
    expect(await outcomeOf(held)).toBe('open');
    await clock.advance(2_000);
    await held;
  });
});

describe('the pace of a channel', () => {
  it('counts what is billed, of each number apart', async () => {
    const clock = new FakeClock();
    const { sms, twilio } = await startScene(() => {}, { sms: { clock, segmentsPerSecond: 1 } });
    const say = (text: string, from?: string): Promise<void> =>
      sms.getOutputChannel({ to: PHONE, ...(from && { from }) }).sendTextMessage(PHONE, text);
    await say('two segments '.repeat(13));
    const next = say('Next');
    await say('At once', OTHER_NUMBER);
    await clock.advance(1_999);
    expect(clock.pending, 'it waits').toBe(1);
    await clock.advance(1);
    await next;
    expect(twilio.texts.slice(1)).toEqual(['At once', 'Next']);
  });

  // The story: all numbers of a service waited for one another, and a full queue of one of them held all back.
  it('is that of a number within a service, too', async () => {
    const clock = new FakeClock();
    const { sms, twilio } = await startScene(() => {}, { sms: { clock, segmentsPerSecond: 1 } });
    const say = (text: string, from: string): Promise<void> =>
      sms.getOutputChannel({ to: PHONE, from, service: SERVICE }).sendTextMessage(PHONE, text);
    // The emulator has the other number alone in the service.
    const taken: Answer = (res) => void res.writeHead(201).end('{"sid":"SM1","status":"queued"}');
    twilio.script.push(taken);
    await say('First', OUR_NUMBER);
    const next = say('Next', OUR_NUMBER);
    await say('At once', OTHER_NUMBER);
    twilio.script.push(refusing(21611), taken);
    await clock.advance(1_000);
    await expect(next).rejects.toMatchObject({ platformCode: '21611' });
    await say('Not held', OTHER_NUMBER);
    await expect(say('Held', OUR_NUMBER)).rejects.toMatchObject({ code: 'paced' });
  });

  // The story: WhatsApp and SMS of one number waited for one another, though each has a queue of its own at Twilio.
  it.each([{}, { messagingServiceSid: SERVICE }])(
    'is one of SMS and another of WhatsApp, by %j',
    async (own) => {
      const clock = new FakeClock();
      const options = { ...own, clock, segmentsPerSecond: 1 };
      const { sms, twilio } = await startScene(() => {}, { sms: options });
      const taken: Answer = (res) => void res.writeHead(201).end('{"sid":"SM1","status":"queued"}');
      const say = (to: string): Promise<void> =>
        sms.getOutputChannel({ to }).sendTextMessage(to, 'Hi');
      twilio.script.push(taken, taken, refusing(21611), taken);
      await say(PHONE);
      await say(`whatsapp:${PHONE}`);
      const next = say(PHONE);
      await clock.advance(1_000);
      await expect(next).rejects.toMatchObject({ platformCode: '21611' });
      await say(`whatsapp:${PHONE}`);
      await expect(say(PHONE)).rejects.toMatchObject({ code: 'paced' });
    },
  );
});
