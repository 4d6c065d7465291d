import { MemoryStore, type UserMessage } from '@trunkline/core';
import { SmsInput } from '@trunkline/sms';
import { startLine } from '@trunkline/testing';
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import twilioWebhooks from 'twilio/lib/webhooks/webhooks.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deferred } from '../../../scripts/test-support/deferred.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { recordingLogger, startScene } from './support/scene.ts';
import {
  ACCOUNT,
  call,
  inboundForm,
  OUR_NUMBER,
  PHONE,
  TOKEN,
  type Answer,
} from './support/twilio.ts';

expectNoUnhandledRejections();

describe('a text message', () => {
  it('is answered by another', async () => {
    const heard: UserMessage[] = [];
    const { twilio } = await startScene(async (message, reply) => {
      heard.push(message);
      const sent = await reply.text(`You said ${message.text}`);
      expect(sent.receipts).toEqual([
        { sid: expect.stringMatching(/^SM/), status: 'queued', segments: 1, encoding: 'GSM-7' },
      ]);
    });
    await twilio.receive('Hello');
    await twilio.until(1);
    expect(twilio.sent).toEqual([{ To: PHONE, From: OUR_NUMBER, Body: 'You said Hello' }]);
    expect(heard[0]).toMatchObject({
      text: 'Hello',
      senderId: PHONE,
      inputChannel: 'sms',
      account: `${ACCOUNT}/${OUR_NUMBER}`,
      address: { account: ACCOUNT, from: OUR_NUMBER, to: PHONE },
    });
  });

  it('is acknowledged as XML, before the assistant has spoken (traps 10, 11)', async () => {
    const acknowledged = deferred();
    const { bring, twilio } = await startScene(async (_, reply) => {
      await acknowledged.promise;
      await reply.text('Later');
    });

    const response = await bring();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/xml');
    expect(await response.text()).toBe('<?xml version="1.0" encoding="UTF-8"?><Response/>');
    expect(twilio.sent).toEqual([]);
    acknowledged.resolve();
    await twilio.until(1);
  });

  it('that is delivered twice is answered once (trap 12)', async () => {
    const { webhook, twilio } = await startScene(async (message, reply) => {
      await reply.text(`You said ${message.text}`);
    });
    const form = inboundForm({ Body: 'Once' });
    for (let i = 0; i < 3; i++) expect((await call(webhook, form)).status).toBe(200);
    await call(webhook, inboundForm({ Body: 'Another' }));
    await twilio.until(2);
    expect(twilio.texts).toEqual(['You said Once', 'You said Another']);
  });

  it("comes in below Rasa's prefix too", async () => {
    const { url, twilio } = await startScene(async (message, reply) => {
      await reply.text(`${message.inputChannel}`);
    });
    const response = await call(`${url}/webhooks/twilio/webhook`, inboundForm());
    expect(response.status).toBe(200);
    await twilio.until(1);
    expect(twilio.texts).toEqual(['sms']);
  });

  it('comes as JSON whose hash is in the signed URL', async () => {
    const heard: unknown[] = [];
    const { webhook, twilio } = await startScene(async (message, reply) => {
      heard.push([message.text, message.senderId, message.metadata?.['twilio']]);
      await reply.text('Noted');
    });
    const InteractiveData = { flow: { id: 7 } };
    const body = JSON.stringify({
      ...inboundForm({ Body: 'Grüße' }),
      NumMedia: 0,
      Extra: null,
      InteractiveData,
    });
    const hash = createHash('sha256').update(body).digest('hex');
    const url = `${webhook}?bodySHA256=${hash}`;
    const signature = twilioWebhooks.getExpectedTwilioSignature(TOKEN, url, {});
    const headers = { 'content-type': 'application/json', 'x-twilio-signature': signature };
    expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(200);
    await twilio.until(1);
    const interactive = expect.objectContaining({ interactiveData: '{"flow":{"id":7}}' });
    expect(heard).toEqual([['Grüße', PHONE, interactive]]);
    const forged = body.replace('Grüße', 'Bye');
    expect((await fetch(url, { method: 'POST', headers, body: forged })).status).toBe(403);
  });
});

describe('bad input', () => {
  it('without a signature, or with a wrong one, is refused and starts nothing', async () => {
    const heard: unknown[] = [];
    const { webhook, url } = await startScene((message) => void heard.push(message.text));
    const form = inboundForm();
    const unsigned = await fetch(webhook, { method: 'POST', body: new URLSearchParams(form) });
    expect(unsigned.status).toBe(403);
    expect((await call(webhook, form, { token: 'wrong' })).status).toBe(403);
    const status = { ...form, MessageStatus: 'sent' };
    expect((await call(`${url}/webhooks/sms/status`, status, { token: 'wrong' })).status).toBe(403);
    const stranger = { ...form, AccountSid: `AC${'9'.repeat(32)}` };
    expect((await call(webhook, stranger)).status).toBe(403);
    expect(heard).toEqual([]);
  });

  it.each(['MessageSid', 'AccountSid', 'From', 'To'])('without %s is refused', async (name) => {
    const { webhook } = await startScene(() => {});
    const { [name]: _, ...form } = inboundForm();
    const response = await call(webhook, form);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(name);
    expect((await call(webhook, { ...form, [name]: '' })).status).toBe(400);
  });

  it('that is too large, or of another type, is refused', async () => {
    const { webhook } = await startScene(() => {});
    expect((await call(webhook, inboundForm({ Body: 'x'.repeat(70_000) }))).status).toBe(413);
    const text = await fetch(webhook, { method: 'POST', body: 'Hello' });
    expect(text.status).toBe(415);
  });

  it('of unknown parameters is verified and ignored (trap 9)', async () => {
    const { bring } = await startScene(() => {});
    expect((await bring({ BrandNew: '1', 'With[brackets]': 'x' })).status).toBe(200);
  });

  it('of blanks and line breaks around a value is verified as it came (trap 9)', async () => {
    const { bring } = await startScene(() => {});
    expect((await bring({ Body: ' Hello\n', ProfileName: '\tAnn ' })).status).toBe(200);
  });

  it.each(['', 'x y', '%%%', '[::1', 'a:b:c'])(
    'with the host %j is refused like any other (trap 7)',
    async (host) => {
      const { url } = await startScene(() => {});
      const { hostname, port } = new URL(url);
      const body = new URLSearchParams(inboundForm()).toString();
      const status = await new Promise<string>((resolve, reject) => {
        const socket = connect(Number(port), hostname, () => {
          socket.write(
            `POST /webhooks/sms/webhook HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n` +
              'X-Twilio-Signature: abc\r\nContent-Type: application/x-www-form-urlencoded\r\n' +
              `Content-Length: ${body.length}\r\n\r\n${body}`,
          );
        });
        socket.once('data', (data) => resolve(data.toString().split(' ')[1] ?? ''));
        socket.on('error', reject);
      });
      expect(status).toBe('403');
    },
  );

  it('never shows a token, a signature or a text in a log', async () => {
    const { logger, lines } = recordingLogger();
    const { webhook } = await startScene(() => {}, { logger });
    const form = inboundForm({ Body: 'a secret of mine' });
    const signature = twilioWebhooks.getExpectedTwilioSignature(TOKEN, webhook, form);
    await call(webhook, { ...form, Body: 'changed secret' }, { token: 'wrong' });
    await call(webhook, inboundForm({ Body: 'a secret of mine', From: '' }));
    const log = lines.join('\n');
    expect(log).not.toBe('');
    for (const secret of [TOKEN, signature, 'secret', PHONE]) expect(log).not.toContain(secret);
  });
});

describe('several accounts', () => {
  it('are told apart by what Twilio names, each with a token of its own, both ways (trap 8)', async () => {
    const theirs = {
      accountSid: `AC${'b'.repeat(32)}`,
      authToken: 'theirs',
      twilioNumber: '+15559990000',
    };
    const { webhook, bring, twilio } = await startScene(
      async (message, reply) => void (await reply.text(`${message.account}`)),
      { accounts: [{ twilioNumber: OUR_NUMBER }, theirs] },
    );
    const sent: unknown[] = [];
    const all = deferred();
    // The emulator knows one account.
    const taken: Answer = (res, form) => {
      const { url, headers } = res.req;
      const login = Buffer.from(headers.authorization?.slice(6) ?? '', 'base64').toString();
      sent.push([url, login, form.get('From'), form.get('Body')]);
      res.writeHead(201).end(JSON.stringify({ sid: `SM${sent.length}`, status: 'queued' }));
      if (sent.length === 2) all.resolve();
    };
    twilio.script.push(taken, taken);
    const form = inboundForm({ AccountSid: theirs.accountSid, To: theirs.twilioNumber });
    expect((await call(webhook, form, { token: TOKEN })).status).toBe(403);
    expect((await call(webhook, form, { token: 'theirs' })).status).toBe(200);
    expect((await bring()).status).toBe(200);
    await all.promise;
    const messageOf = (sid: string, token: string, number: string): unknown[] => [
      `/2010-04-01/Accounts/${sid}/Messages.json`,
      `${sid}:${token}`,
      number,
      `${sid}/${number}`,
    ];
    const expected = [
      messageOf(theirs.accountSid, 'theirs', theirs.twilioNumber),
      messageOf(ACCOUNT, TOKEN, OUR_NUMBER),
    ];
    expect(sent).toHaveLength(2);
    expect(sent).toEqual(expect.arrayContaining(expected));
  });
});

describe('more messages than may wait', () => {
  it('are refused with 503, so that Twilio brings them again', async () => {
    const gate = deferred();
    const { bring } = await startScene(() => gate.promise, { turns: { maxQueued: 1 } });
    const statuses: number[] = [];
    for (let i = 0; i < 3; i++) statuses.push((await bring()).status);
    gate.resolve();
    expect(statuses).toEqual([200, 200, 503]);
  });
});

describe('a store that is away', () => {
  it('has messages answered with 5xx: nothing is acknowledged that is not stored', async () => {
    const store = new MemoryStore();
    store.turns.add = () => Promise.reject(new Error('disk full'));
    const channel = new SmsInput({
      accountSid: ACCOUNT,
      authToken: TOKEN,
      twilioNumber: OUR_NUMBER,
    });
    const { url, close } = await startLine({ channels: [channel], assistant: () => {}, store });
    onTestFinished(close);
    expect((await call(`${url}/webhooks/sms/webhook`, inboundForm())).status).toBe(500);
  });
});
