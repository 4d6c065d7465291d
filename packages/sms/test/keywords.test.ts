import { describe, expect, it } from 'vitest';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { tell, types } from './support/told.ts';
import { OTHER_NUMBER, OUR_NUMBER, PHONE, SERVICE } from './support/twilio.ts';

expectNoUnhandledRejections();

describe('STOP and START (trap 24)', () => {
  it.each(['STOPALL', 'Unsubscribe', 'cancel', 'END', 'quit', 'REVOKE', 'optout'])(
    '%s opts out as well',
    async (word) => {
      const { bring, events, came } = await tell();
      await bring({ Body: word });
      await came(1);
      expect(types(events)).toEqual(['opted_out']);
    },
  );

  it('UNSTOP opts in as START does', async () => {
    const { bring, events, came } = await tell();
    for (const [index, Body] of ['STOP', 'unstop'].entries()) {
      await bring({ Body });
      await came(index + 1);
    }
    expect(types(events)).toEqual(['opted_out', 'opted_in']);
  });

  it.each([
    ['RCS', { From: `rcs:${PHONE}`, To: 'rcs:pizza', MessagingServiceSid: SERVICE }],
    ['a short code of a service', { To: '12345', MessagingServiceSid: SERVICE }],
  ])('are answered by Twilio on %s', async (_, values) => {
    const { bring, events, came } = await tell({
      sms: { messagingServiceSid: SERVICE, twilioNumber: OTHER_NUMBER },
    });
    for (const [index, Body] of ['info', 'cancel', 'start'].entries()) {
      await bring({ ...values, Body });
      await came(index + 1);
    }
    expect(events.map(({ type, data }) => [type, data?.['answered']])).toEqual([
      ['help', true],
      ['opted_out', true],
      ['opted_in', true],
    ]);
  });

  it.each(['STOP please', 'please stop', 'Yes', 'stopp'])('%j is a message', async (text) => {
    const { bring, heard, events, twilio } = await tell();
    await bring({ Body: text });
    await twilio.until(1);
    expect([heard, events]).toEqual([[text], []]);
  });

  it('YES opts in whoever is out, and is an answer otherwise', async () => {
    const { bring, events, heard, twilio, came } = await tell();
    for (const [index, text] of ['Yes', 'stop', 'YES', 'yes'].entries()) {
      await bring({ Body: text });
      await came(index + 1);
    }
    await twilio.until(2);
    expect(types(events)).toEqual(['opted_out', 'opted_in']);
    expect(heard).toEqual(['Yes', 'yes']);
  });
});

// The story: the network of a toll-free number knows no YES. The assistant was told of an opt-in that was none, and
// everything that it said from there on was refused.
it('YES opts nobody in at a toll-free number, but at its WhatsApp', async () => {
  const { bring, events, heard, twilio, came } = await tell();
  const number = '+18885550000';
  const phone = { To: number };
  const whatsapp = { From: `whatsapp:${PHONE}`, To: `whatsapp:${number}` };
  const said = [
    { ...phone, Body: 'stop' },
    { ...phone, Body: 'Yes' },
    { ...whatsapp, Body: 'stop' },
    { ...whatsapp, Body: 'yes' },
    { ...phone, Body: 'start' },
  ];
  for (const [index, values] of said.entries()) {
    await bring(values);
    await came(index + 1);
  }
  expect(types(events)).toEqual(['opted_out', 'opted_out', 'opted_in', 'opted_in']);
  expect([heard, twilio.tries]).toEqual([['Yes'], 0]);
});

describe('HELP', () => {
  it('is an event where Twilio has answered it', async () => {
    const { bring, events, heard, replies, twilio, came } = await tell();
    await bring({ Body: 'help' });
    await bring({ Body: 'Info' });
    await came(2);
    expect(types(events)).toEqual(['help', 'help']);
    expect([heard, replies, twilio.tries]).toEqual([[], [false, false], 0]);
  });

  it.each([
    ['WhatsApp', { From: `whatsapp:${PHONE}`, To: `whatsapp:${OUR_NUMBER}` }],
    ['a short code', { To: '12345' }],
  ])('is a message on %s, where Twilio answers nothing', async (_, values) => {
    const { bring, heard, events, came } = await tell();
    await bring({ ...values, Body: 'help' });
    await came(1);
    expect([heard, events]).toEqual([['help'], []]);
  });
});

it('a button called "Stop" is a choice', async () => {
  const { bring, heard, events, came } = await tell();
  await bring({ Body: 'Stop', ButtonText: 'Stop', ButtonPayload: 'STOP' });
  await came(1);
  expect([heard, events]).toEqual([['STOP'], []]);
});

describe('where Twilio handles no keywords', () => {
  const whatsapp = { From: `whatsapp:${PHONE}`, To: `whatsapp:${OUR_NUMBER}` };

  it('STOP counts, and START is answered by the assistant', async () => {
    const { bring, events, replies, heard, came } = await tell();
    for (const [index, text] of ['start', 'cancel', 'stop', 'START'].entries()) {
      await bring({ ...whatsapp, Body: text });
      await came(index + 1);
    }
    expect(heard).toEqual(['start', 'cancel']);
    expect(events.map(({ type, data }) => [type, data?.['answered']])).toEqual([
      ['opted_out', false],
      ['opted_in', false],
    ]);
    expect(replies).toEqual([false, true]);
  });

  it('a short code has the networks’ whole list', async () => {
    const { bring, events, came } = await tell();
    await bring({ To: '12345', Body: 'cancel' });
    await came(1);
    expect(types(events)).toEqual(['opted_out']);
  });
});

describe('Advanced Opt-Out', () => {
  it('has its word in any language', async () => {
    const { bring, events, replies, came } = await tell();
    await bring({ Body: 'Arrêt', OptOutType: 'STOP' });
    await bring({ Body: 'Aide', OptOutType: 'HELP' });
    await bring({ Body: 'Début', OptOutType: 'START' });
    await came(3);
    expect(types(events)).toEqual(['opted_out', 'help', 'opted_in']);
    expect(replies).toEqual([false, false, false]);
  });

  it('has the only word, where the option says so', async () => {
    const { bring, heard, events, came } = await tell({ sms: { advancedOptOut: true } });
    await bring({ Body: 'cancel' });
    await bring({ Body: 'Stop it', OptOutType: 'STOP' });
    await came(2);
    expect([heard, types(events)]).toEqual([['cancel'], ['opted_out']]);
  });
});
