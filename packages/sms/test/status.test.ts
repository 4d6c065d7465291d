import { MemoryStore, type ChannelEvent } from '@trunkline/core';
import { SmsInput, type SmsStatus } from '@trunkline/sms';
import fc from 'fast-check';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deferred } from '../../../scripts/test-support/deferred.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { isFurther } from '../src/status.ts';
import { recordingLogger, startScene, type Scene } from './support/scene.ts';
import {
  ACCOUNT,
  call,
  inboundForm,
  OUR_NUMBER,
  PHONE,
  SERVICE,
  TOKEN,
  Twilio,
} from './support/twilio.ts';

expectNoUnhandledRejections();

const SID = `SM${'a'.repeat(32)}`;

function statusForm(MessageStatus: string, values: Record<string, string> = {}) {
  return {
    MessageSid: SID,
    SmsSid: SID,
    SmsStatus: MessageStatus,
    MessageStatus,
    AccountSid: ACCOUNT,
    From: OUR_NUMBER,
    To: PHONE,
    ApiVersion: '2010-04-01',
    ...values,
  };
}

/** A line that writes down what becomes of messages. */
async function watch(): Promise<
  Scene & {
    statuses: SmsStatus[];
    events: ChannelEvent[];
    report(status: string, values?: Record<string, string>): Promise<number>;
  }
> {
  const statuses: SmsStatus[] = [];
  const events: ChannelEvent[] = [];
  const scene = await startScene(
    {
      handle: (message, reply) => void reply.text(`You said ${message.text}`),
      onEvent: (event) => void events.push(event),
    },
    { sms: { onStatus: (status) => void statuses.push(status) } },
  );
  const report = async (status: string, values = {}): Promise<number> =>
    (await call(`${scene.url}/webhooks/sms/status`, statusForm(status, values))).status;
  return { ...scene, statuses, events, report };
}

const names = (statuses: readonly SmsStatus[]): string[] => statuses.map(({ status }) => status);

describe('status callbacks (trap 13)', () => {
  it('of a message are told from the first on, as Twilio reports them', async () => {
    const statuses: SmsStatus[] = [];
    const callback = createServer();
    await new Promise<void>((resolve) => callback.listen(0, '127.0.0.1', resolve));
    const { port } = callback.address() as AddressInfo;
    const statusCallback = `http://127.0.0.1:${port}/webhooks/sms/status`;
    const scene = await startScene(
      async (_, reply) => {
        await reply.text('Hello');
      },
      {
        sms: {
          statusCallback,
          publicUrl: `http://127.0.0.1:${port}`,
          onStatus: (status) => void statuses.push(status),
        },
      },
    );
    callback.on('request', scene.line.handler());
    onTestFinished(() => void callback.close());
    await scene.sms.getOutputChannel({ to: PHONE }).sendTextMessage(PHONE, 'Hello');
    expect(scene.twilio.sent[0]?.['StatusCallback']).toBe(statusCallback);
    const messageSid = scene.twilio.sidOf(0);
    for (const status of ['delivered', 'sent']) await scene.twilio.report(messageSid, status);
    const account = `${ACCOUNT}/${OUR_NUMBER}`;
    const about = { messageSid, errorCode: null, senderId: PHONE, account };
    expect(statuses).toEqual([
      { ...about, status: 'queued' },
      { ...about, status: 'delivered' },
    ]);
  });

  // The emulator reports a first status as well; Twilio reports none.
  it('of a message begin with what Twilio has answered to it', async () => {
    const statuses: SmsStatus[] = [];
    const onStatus = (status: SmsStatus): void => void statuses.push(status);
    const { sms } = await startScene(() => {}, { sms: { statusCallback: false, onStatus } });
    await sms.getOutputChannel({ to: PHONE }).sendTextMessage(PHONE, 'Hello');
    expect(names(statuses)).toEqual(['queued']);
  });

  it('come in any order, and twice: what is told only ever goes on', async () => {
    const { report, statuses } = await watch();
    for (const status of [
      'sent',
      'queued',
      'delivered',
      'sent',
      'delivered',
      'undelivered',
      'read',
    ]) {
      expect(await report(status)).toBe(204);
    }
    expect(names(statuses)).toEqual(['sent', 'delivered', 'read']);
  });

  it('come to two processes at the same moment: what is told only ever goes on', async () => {
    const store = new MemoryStore();
    const statuses: SmsStatus[] = [];
    const options = { store, sms: { onStatus: (status: SmsStatus) => void statuses.push(status) } };
    const [first, second] = [
      await startScene(() => {}, options),
      await startScene(() => {}, options),
    ];
    // Each has read what is known before the other writes.
    const both = deferred();
    let asked = 0;
    const get = store.values.get.bind(store.values);
    store.values.get = async (namespace, key) => {
      const found = await get(namespace, key);
      if (key !== SID) return found;
      if (++asked === 2) both.resolve();
      await both.promise;
      return found;
    };
    const report = ({ url }: Scene, status: string): Promise<Response> =>
      call(`${url}/webhooks/sms/status`, statusForm(status));
    await Promise.all([report(first, 'delivered'), report(second, 'sent')]);
    expect([['delivered'], ['sent', 'delivered']]).toContainEqual(names(statuses));
  });

  it('that the store cannot take leave a message sent', async () => {
    const { logger, lines } = recordingLogger();
    const store = new MemoryStore();
    const statuses: SmsStatus[] = [];
    const { sms } = await startScene(() => {}, {
      store,
      sms: { logger, onStatus: (status) => void statuses.push(status) },
    });
    store.values.compareAndSet = () => Promise.reject(new Error('the store is away'));
    await sms.getOutputChannel({ to: PHONE }).sendTextMessage(PHONE, 'Hello');
    expect(statuses).toEqual([]);
    expect(lines.join()).toContain('the first status was not noted');
    expect(lines.join()).not.toContain(PHONE);
  });

  it('are further in one direction only', { timeout: 30_000 }, () => {
    const status = fc.constantFrom(
      'accepted',
      'queued',
      'sending',
      'sent',
      'delivered',
      'undelivered',
      'failed',
      'read',
      'new',
    );
    fc.assert(
      fc.property(fc.array(status, { maxLength: 12 }), (all) => {
        let known: string | null = null;
        const told: string[] = [];
        for (const next of all) {
          if (!isFurther(next, known)) continue;
          told.push(next);
          known = next;
        }
        expect(new Set(told).size).toBe(told.length);
        for (const [index, later] of told.entries()) {
          for (const earlier of told.slice(0, index)) expect(isFurther(earlier, later)).toBe(false);
        }
      }),
    );
  });

  it('are read as Twilio has written them over the years', async () => {
    const { url, statuses } = await watch();
    const { MessageStatus: _, ...old } = statusForm('Sent', { ErrorCode: '0' });
    expect((await call(`${url}/webhooks/sms/status`, old)).status).toBe(204);
    expect(statuses).toMatchObject([{ status: 'sent', errorCode: null }]);
  });

  it('that fail have their code, and go to the log with what it means', async () => {
    const { logger, lines } = recordingLogger();
    const statuses: SmsStatus[] = [];
    const { url } = await startScene(() => {}, {
      sms: { logger, onStatus: (status) => void statuses.push(status) },
    });
    const form = statusForm('undelivered', { ErrorCode: '30006' });
    expect((await call(`${url}/webhooks/sms/status`, form)).status).toBe(204);
    expect(statuses[0]).toMatchObject({ status: 'undelivered', errorCode: '30006' });
    expect(lines.join()).toContain('cannot be reached');
    expect(lines.join()).not.toContain(PHONE);
  });

  it('of WhatsApp and RCS say that a message was read', async () => {
    const { report, statuses } = await watch();
    await report('delivered', { To: `whatsapp:${PHONE}`, EventType: 'READ' });
    expect(statuses).toMatchObject([{ status: 'read', senderId: `whatsapp:${PHONE}` }]);
  });

  it('of a service are of its conversation, whatever number has sent', async () => {
    const { report, statuses } = await watch();
    await report('sent', { From: '+15553330000', MessagingServiceSid: SERVICE });
    expect(statuses).toMatchObject([{ senderId: PHONE, account: `${ACCOUNT}/${SERVICE}` }]);
  });

  it('of a message that nobody knows are answered 204', async () => {
    const { report } = await watch();
    expect(await report('sent', { MessageSid: `SM${'f'.repeat(32)}` })).toBe(204);
  });

  it.each(['MessageSid', 'MessageStatus', 'AccountSid', 'To'])(
    'without %s are refused',
    async (name) => {
      const { url } = await watch();
      const { [name]: _, SmsStatus: __, ...form } = statusForm('sent') as Record<string, string>;
      expect((await call(`${url}/webhooks/sms/status`, form)).status).toBe(400);
    },
  );

  it('that are an outcome are events for the assistant', async () => {
    const { report, events } = await watch();
    for (const status of ['sent', 'delivered', 'delivered', 'read']) await report(status);
    while (events.length < 2) await new Promise((done) => setImmediate(done));
    const about = { type: 'delivery_status', senderId: PHONE };
    expect(events).toMatchObject([
      { ...about, data: { messageSid: SID, status: 'delivered' } },
      { ...about, data: { messageSid: SID, status: 'read' } },
    ]);
  });

  it.each([
    [
      'throws',
      (): void => {
        throw new Error('broken hook');
      },
    ],
    ['rejects', (): Promise<void> => Promise.reject(new Error('broken hook'))],
  ])('survive a hook that %s, and the log has it', async (_, onStatus) => {
    const { logger, lines } = recordingLogger();
    const { url } = await startScene(() => {}, { sms: { logger, onStatus } });
    expect((await call(`${url}/webhooks/sms/status`, statusForm('sent'))).status).toBe(204);
    expect(lines.join()).toContain('broken hook');
  });

  it('are asked for at the public address, unless nobody could come there', async () => {
    for (const [publicUrl, expected] of [
      ['https://bot.example.org/', 'https://bot.example.org/webhooks/sms/status'],
      ['http://localhost:5005', undefined],
    ] as const) {
      const { sms, twilio } = await startScene(() => {}, { sms: { publicUrl } });
      await sms.getOutputChannel({ to: PHONE }).sendTextMessage(PHONE, inboundForm()['Body'] ?? '');
      expect(twilio.sent[0]?.['StatusCallback']).toBe(expected);
    }
  });

  it('are asked for where a message says so', async () => {
    // Somebody's own address was refused for its query, and lost its slash.
    const [all, one] = ['http://127.0.0.1:1/all/?tenant=7#rc=2', 'http://127.0.0.1:1/one/'];
    const { sms, twilio } = await startScene(() => {}, { sms: { statusCallback: all } });
    const output = sms.getOutputChannel({ to: PHONE });
    await output.sendTextMessage(PHONE, 'Hi', { statusCallback: one });
    await output.sendTextMessage(PHONE, 'Hi');
    expect(twilio.sent.map(({ StatusCallback }) => StatusCallback)).toEqual([one, all]);
  });

  // A line with another route told Twilio /webhooks/sms/status, where nothing was served.
  it.each([
    ['/hooks/', '/hooks/sms/status'],
    [null, '/status'],
  ])('are asked for where the channel is mounted: below %s', async (route, path) => {
    const publicUrl = 'https://bot.example.org';
    const { sms, twilio, url } = await startScene(() => {}, { sms: { publicUrl }, route });
    await sms.getOutputChannel({ to: PHONE }).sendTextMessage(PHONE, 'Hi');
    expect(twilio.sent[0]?.['StatusCallback']).toBe(publicUrl + path);
    const form = statusForm('sent');
    expect((await call(url + path, form, { signedUrl: publicUrl + path })).status).toBe(204);
  });

  it('are asked for at the usual path by a channel that is mounted by hand', async () => {
    const twilio = await Twilio.start();
    onTestFinished(() => twilio.close());
    const account = { accountSid: ACCOUNT, authToken: TOKEN, twilioNumber: OUR_NUMBER };
    const publicUrl = 'https://bot.example.org';
    const sms = new SmsInput({ ...account, apiUrl: twilio.url, publicUrl });
    sms.blueprint(async () => {});
    await sms.getOutputChannel({ to: PHONE }).sendTextMessage(PHONE, 'Hi');
    expect(twilio.sent[0]?.['StatusCallback']).toBe(`${publicUrl}/webhooks/sms/status`);
    await sms.close();
  });
});
