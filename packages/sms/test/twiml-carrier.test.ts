import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { DeliveryError, MemoryStore } from '@trunkline/core';
import { FakeClock } from '@trunkline/testing';
import { describe, expect, it } from 'vitest';
import type { Destination } from '../src/address.ts';
import { Consent } from '../src/consent.ts';
import { TwimlCarrier } from '../src/twiml.ts';

/** A carrier whose request Twilio gives up, and a REST API that fails so many times. */
function setUp({ failures = 0, mayHaveArrived = false }): {
  carrier: TwimlCarrier;
  say: (body: string) => Promise<unknown>;
  leave: () => Promise<void>;
  sent: unknown[];
  res: ServerResponse;
  clock: FakeClock;
} {
  const sent: unknown[] = [];
  let left = failures;
  const res = new ServerResponse(new IncomingMessage(new Socket()));
  const clock = new FakeClock();
  const carrier = new TwimlCarrier({
    options: { name: 'sms', statusCallback: null, clock, logger: null },
    res,
    rest: {
      carry: async (_destination, { body }) => {
        if (left-- > 0) {
          const options = { channel: 'sms', retryable: true, mayHaveArrived };
          throw new DeliveryError('Twilio could not be reached', options);
        }
        sent.push(body);
        return {};
      },
    },
    consent: new Consent(new MemoryStore().values),
  });
  const sender = { account: { accountSid: 'AC1' }, from: '+15550001111', service: null };
  const destination = { sender, to: '+15550002222' } as unknown as Destination;
  const leave = async (): Promise<void> => {
    res.emit('close');
    await setImmediate();
  };
  return {
    carrier,
    say: (body) => carrier.carry(destination, { body }, 'a step'),
    leave,
    sent,
    res,
    clock,
  };
}

describe('an answer that Twilio does not wait for', () => {
  it('goes by REST with the next text where REST had failed for a moment, in order', async () => {
    const { carrier, say, leave, sent } = setUp({ failures: 1 });
    await say('one');
    await say('two');
    await leave();
    expect(sent).toEqual([]);
    await say('three');
    await carrier.finish();
    expect(sent).toEqual(['one', 'two', 'three']);
  });

  it('goes by REST at the end of the turn where nothing more is said', async () => {
    const { carrier, say, leave, sent } = setUp({ failures: 2 });
    await say('one');
    await leave();
    await expect(carrier.finish()).rejects.toThrow('the last message was not sent');
    await carrier.finish();
    expect(sent).toEqual(['one']);
  });

  it('is told once to have failed where it may have arrived, and holds up nothing behind it', async () => {
    const { carrier, say, leave, sent } = setUp({ failures: 1, mayHaveArrived: true });
    await say('one');
    await say('two');
    await leave();
    await expect(say('three')).rejects.toThrow('the last 2 messages were not sent');
    await say('four');
    await carrier.finish();
    expect(sent).toEqual(['four']);
  });

  it('goes by REST where Twilio leaves while it is asked whether the user has opted out', async () => {
    const { carrier, say, sent, res, clock } = setUp({});
    await say('one');
    // What was known of that is too old.
    await clock.advance(1_000);
    const finished = carrier.finish();
    res.destroy();
    await finished;
    expect(sent).toEqual(['one']);
  });

  it('and one that Twilio takes leave no clock running', async () => {
    for (const isGone of [true, false]) {
      const { carrier, say, leave, clock } = setUp({});
      await say('one');
      if (isGone) await leave();
      await carrier.finish();
      expect(clock.pending).toBe(0);
    }
  });
});
