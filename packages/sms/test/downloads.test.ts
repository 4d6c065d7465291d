import type { UserAttachment } from '@trunkline/core';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deferred } from '../../../scripts/test-support/deferred.ts';
import { startScene } from './support/scene.ts';
import { ACCOUNT } from './support/twilio.ts';

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
