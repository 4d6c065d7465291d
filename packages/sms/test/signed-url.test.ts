import { Trunkline } from '@trunkline/core';
import { SmsInput } from '@trunkline/sms';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import twilioWebhooks from 'twilio/lib/webhooks/webhooks.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { recordingLogger, startScene } from './support/scene.ts';
import { ACCOUNT, call, inboundForm, OUR_NUMBER, signedHeaders, TOKEN } from './support/twilio.ts';

expectNoUnhandledRejections();

describe('the signed URL (trap 6)', () => {
  const publicUrl = 'https://bot.example.org';
  const path = '/webhooks/sms/webhook';

  it('is the public one where there is one', async () => {
    const { webhook } = await startScene(() => {}, { sms: { publicUrl: `${publicUrl}/` } });
    const signed = await call(webhook, inboundForm(), { signedUrl: publicUrl + path });
    expect(signed.status).toBe(200);
    expect((await call(webhook, inboundForm())).status).toBe(403);
  });

  it('keeps its query as it came', async () => {
    const { webhook } = await startScene(() => {}, { sms: { publicUrl } });
    const query = `?b=%27x%27&a=1+2`;
    const signedUrl = publicUrl + path + query;
    expect((await call(webhook + query, inboundForm(), { signedUrl })).status).toBe(200);
  });

  it("is the proxy's where one is trusted, and only then", async () => {
    const proxied = {
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'bot.example.org',
    };
    for (const trustProxy of [true, false]) {
      const { webhook } = await startScene(() => {}, { sms: { trustProxy } });
      const form = inboundForm();
      const signature = twilioWebhooks.getExpectedTwilioSignature(TOKEN, publicUrl + path, form);
      const response = await fetch(webhook, {
        method: 'POST',
        headers: { ...proxied, 'x-twilio-signature': signature },
        body: new URLSearchParams(form),
      });
      expect(response.status).toBe(trustProxy ? 200 : 403);
    }
  });

  it.each<[string, Record<string, string>, string]>([
    ['the first of several proxies', { proto: 'https, http', host: 'bot.example.org, inner' }, ''],
    ['a proxy that leaves the host as it is', { proto: 'https' }, 'https'],
    ['no proxy', {}, 'http'],
  ])('is as %s has it, where one is trusted', async (_, forwarded, scheme) => {
    const { webhook } = await startScene(() => {}, { sms: { trustProxy: true } });
    const form = inboundForm();
    const called = scheme === '' ? publicUrl + path : webhook.replace('http', scheme);
    const signature = twilioWebhooks.getExpectedTwilioSignature(TOKEN, called, form);
    const headers: Record<string, string> = { 'x-twilio-signature': signature };
    for (const [name, value] of Object.entries(forwarded)) headers[`x-forwarded-${name}`] = value;
    const body = new URLSearchParams(form);
    expect((await fetch(webhook, { method: 'POST', headers, body })).status).toBe(200);
  });

  it('is named where it alone is wrong', async () => {
    const { logger, lines } = recordingLogger();
    const { webhook, url } = await startScene(() => {}, { logger, sms: { publicUrl } });
    const response = await call(webhook, inboundForm());
    expect(response.status).toBe(403);
    const { code, detail } = (await response.json()) as { code: string; detail: string };
    expect(code).toBe('wrong_url');
    expect(detail).toContain(
      `good for ${url}${path}, and the URL that was checked is ${publicUrl}${path}`,
    );
    expect(lines.join('\n')).toContain('set publicUrl to what is configured at Twilio');
  });

  it('is that of the whole request inside an application that takes off its mount, as Express does; https over TLS', async () => {
    const channel = new SmsInput({
      accountSid: ACCOUNT,
      authToken: TOKEN,
      twilioNumber: OUR_NUMBER,
    });
    const line = new Trunkline({ channels: [channel], assistant: () => {} });
    const handle = line.handler();
    const server = createServer((req, res) => {
      Object.assign(req, { originalUrl: req.url, url: req.url?.replace('/bot', '') });
      // As a server with a certificate has it.
      if (req.headers['x-test'] === 'tls') Object.assign(req.socket, { encrypted: true });
      handle(req, res);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(async () => {
      await line.close();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const webhook = `http://127.0.0.1:${port}/bot/webhooks/sms/webhook`;
    expect((await call(webhook, inboundForm())).status).toBe(200);
    const form = inboundForm();
    const headers = signedHeaders(webhook.replace('http', 'https'), form);
    const body = new URLSearchParams(form).toString();
    for (const [tls, status] of [
      ['no', 403],
      ['tls', 200],
    ] as const) {
      const request = { method: 'POST', headers: { ...headers, 'x-test': tls }, body };
      expect((await fetch(webhook, request)).status).toBe(status);
    }
  });
});
