import type { UserAttachment } from '@trunkline/core';
import { SmsInput } from '@trunkline/sms';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { deferred } from '../../../scripts/test-support/deferred.ts';
import { startScene } from './support/scene.ts';
import { ACCOUNT, OUR_NUMBER, TOKEN } from './support/twilio.ts';

const path = `/2010-04-01/Accounts/${ACCOUNT}/Messages/MM1/Media/ME1`;

describe('a file that comes with a message (trap 23)', () => {
  it('can be downloaded, with the login that Twilio asks for', async () => {
    const attachment = deferred<UserAttachment | undefined>();
    const { twilio, bring, sms } = await startScene((message) => {
      attachment.resolve(message.attachments[0]);
    });
    twilio.media.set(path, { type: 'image/png', bytes: Buffer.from('a picture') });
    await bring({
      Body: '',
      NumMedia: '1',
      MediaUrl0: twilio.url + path,
      MediaContentType0: 'image/png',
    });
    const got = await attachment.promise;
    expect(got).toEqual({ type: 'image', url: twilio.url + path, mimeType: 'image/png' });
    expect((await fetch(twilio.url + path)).status).toBe(401);
    expect((await sms.download(got ?? { type: 'file' })).toString()).toBe('a picture');
    await expect(sms.download(got ?? { type: 'file' }, { limitBytes: 8 })).rejects.toThrow(
      '[sms] the file cannot be downloaded: it is larger than 8 bytes',
    );
  });

  it('leads nobody else to the login', async () => {
    const logins: unknown[] = [];
    const server = createServer((req, res) => {
      logins.push(req.headers.authorization);
      res.end('storage');
    });
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    onTestFinished(() => void server.close());
    const storage = `http://localhost:${(server.address() as AddressInfo).port}`;
    const { twilio, sms } = await startScene(() => {});
    twilio.redirects.set(path, `${storage}/file`);
    const type = 'file';
    expect((await sms.download({ type, url: twilio.url + path })).toString()).toBe('storage');
    expect(logins).toEqual([undefined]);
    for (const url of [
      storage + path,
      `${twilio.url}/elsewhere`,
      'file:///etc/passwd',
      undefined,
    ]) {
      const attachment = url === undefined ? { type } : { type, url };
      await expect(sms.download(attachment as UserAttachment)).rejects.toThrow('not at Twilio');
    }
    expect(logins).toHaveLength(1);
  });

  // Twilio itself is not called by tests: what would be asked there is written down.
  it('is asked for at Twilio alone, by https and with the token that sends', async () => {
    const asked: unknown[] = [];
    vi.stubGlobal('fetch', (url: string, { headers }: { headers: Record<string, string> }) => {
      asked.push([new URL(url).hostname, headers['authorization']]);
      return Promise.resolve(new Response('a picture'));
    });
    onTestFinished(() => void vi.unstubAllGlobals());
    const sms = new SmsInput({
      accountSid: ACCOUNT,
      authToken: [TOKEN, 'the old one'],
      twilioNumber: OUR_NUMBER,
    });
    const login = `Basic ${Buffer.from(`${ACCOUNT}:${TOKEN}`).toString('base64')}`;
    const hosts = ['api.twilio.com', 'api.dublin.ie1.twilio.com'];
    for (const host of hosts) await sms.download({ type: 'image', url: `https://${host}${path}` });
    expect(asked).toEqual(hosts.map((host) => [host, login]));
    for (const origin of [
      'http://api.twilio.com',
      'https://api.twilio.com.example.org',
      'https://apitwilio.com',
      'https://my-api.twilio.com',
      'https://api.twilio.com@example.org',
    ]) {
      const stranger = sms.download({ type: 'image', url: origin + path });
      await expect(stranger).rejects.toThrow('not at Twilio');
    }
    expect(asked).toHaveLength(2);
  });

  it('that is larger than any of Twilio’s is not read to its end', async () => {
    const gone = deferred();
    let sent = 0;
    const server = createServer((_, res) => {
      const megabyte = Buffer.alloc(1024 * 1024);
      const write = (): void => {
        while (!res.destroyed && res.write(megabyte)) sent++;
        sent++;
      };
      res.on('drain', write).on('close', () => gone.resolve());
      write();
    });
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const { twilio, sms } = await startScene(() => {});
    const { port } = server.address() as AddressInfo;
    twilio.redirects.set(path, `http://localhost:${port}/endless`);
    const download = sms.download({ type: 'video', url: twilio.url + path });
    await expect(download).rejects.toThrow('it is larger than 16777216 bytes');
    await gone.promise;
    expect(sent).toBeGreaterThanOrEqual(16);
  });

  it('that is gone, or nobody answers for, is an error', async () => {
    const { twilio, sms } = await startScene(() => {});
    const gone = `${twilio.url}${path.replace('ME1', 'ME2')}`;
    twilio.media.set(new URL(gone).pathname, { type: 'x', bytes: Buffer.alloc(0), status: 404 });
    await expect(sms.download({ type: 'file', url: gone })).rejects.toMatchObject({
      platformCode: '404',
      retryable: false,
    });
    await expect(
      sms.download({ type: 'file', url: gone }, { signal: AbortSignal.abort(new Error('enough')) }),
    ).rejects.toThrow('enough');
  });

  it('that breaks off may be asked for again', async () => {
    const server = createServer((_, res) => {
      res.writeHead(200, { 'content-length': '1000' });
      res.write('half of it', () => res.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    onTestFinished(() => void server.close());
    const { twilio, sms } = await startScene(() => {});
    const { port } = server.address() as AddressInfo;
    twilio.redirects.set(path, `http://localhost:${port}/file`);
    const download = sms.download({ type: 'file', url: twilio.url + path });
    await expect(download).rejects.toMatchObject({ name: 'DeliveryError', retryable: true });
  });

  // The story: a film of 16 MB came over WhatsApp, and took more than the ten seconds that Twilio has to answer. The
  // transfer was broken off under way, each time.
  it('has time for as long as it comes, and not for silence', async () => {
    const server = createServer((req, res) => {
      res.writeHead(200).write('0');
      if (req.url === '/silent') return;
      let pieces = 1;
      const dripping = setInterval(() => {
        res.write('0');
        if (++pieces < 12) return;
        clearInterval(dripping);
        res.end();
      }, 100);
    });
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const { twilio, sms } = await startScene(() => {}, { sms: { timeoutMs: 600 } });
    const { port } = server.address() as AddressInfo;
    const from = async (file: string): Promise<Buffer> => {
      twilio.redirects.set(path, `http://localhost:${port}/${file}`);
      return await sms.download({ type: 'video', url: twilio.url + path });
    };
    expect(String(await from('slow'))).toBe('0'.repeat(12));
    await expect(from('silent')).rejects.toMatchObject({ name: 'DeliveryError', retryable: true });
  });
});
