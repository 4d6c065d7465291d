import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DeliveryError } from '@trunkline/core';
import { afterEach, describe, expect, it } from 'vitest';
import { HastyClock } from './support/clock.ts';
import { direct, json, said } from './support/requests.ts';
import { Scene } from './support/scene.ts';
import { Answer, CHANNEL, TEAM, TOKEN } from './support/slack.ts';

let scene: Scene;
const servers: Server[] = [];
afterEach(async () => {
  await scene.close();
  for (const server of servers.splice(0)) server.close();
});

const PLACE = { team: TEAM, channel: CHANNEL };

describe('a file that is sent (trap 23)', () => {
  it('is uploaded into the channel and its thread, and named by its message once it is seen', async () => {
    scene = await Scene.open();
    const { slack, channel } = scene;
    const data = Buffer.from([0, 1, 2, 255, 128, 10]);
    const attachment = { name: 'a.bin', data: data.toString('base64'), title: 'Bytes' };
    await channel
      .getOutputChannel({ ...PLACE, thread: '1.0' })
      .sendAttachment('U1', attachment, { comment: 'Here' });
    const [completed] = slack.of('files.completeUploadExternal');
    expect(completed).toMatchObject({
      channel_id: CHANNEL,
      thread_ts: '1.0',
      initial_comment: 'Here',
    });
    const [message] = slack.messages();
    const [file] = (message?.['files'] ?? []) as {
      url_private: string;
      name: string;
      size: number;
    }[];
    expect(file).toMatchObject({ name: 'a.bin', size: data.length });
    const stored = await channel.download({
      type: 'file',
      url: file?.url_private ?? '',
      team: TEAM,
    });
    expect(stored).toEqual(data);
  });

  it('pings nobody with its comment, unless asked to', async () => {
    scene = await Scene.open();
    const output = scene.channel.getOutputChannel(PLACE);
    const file = { name: 'a.txt', content: 'hello' };
    const comment = '<!channel> <@U1> a & b';
    await output.sendAttachment('U1', file, { comment });
    await output.sendAttachment('U1', file, { comment, mentions: ['U1'] });
    expect(scene.slack.of('files.completeUploadExternal')).toMatchObject([
      { initial_comment: '&lt;!channel&gt; &lt;@U1&gt; a &amp; b' },
      { initial_comment: '&lt;!channel&gt; <@U1> a &amp; b' },
    ]);
  });

  // The story: an answer for one user alone carried a file. The text was seen by them, and the file by the channel.
  it('for one user alone goes to their direct messages, as nothing in a channel is', async () => {
    scene = await Scene.open();
    const output = scene.channel.getOutputChannel({ ...PLACE, user: 'U000000001', thread: '1.0' });
    const file = { name: 'a.txt', content: 'hello' };
    await output.sendAttachment('U1', file, { ephemeral: true });
    await output.sendAttachment('U1', file, { ephemeral: 'U000000001' });
    for (const completed of scene.slack.of('files.completeUploadExternal')) {
      expect(completed['channel_id']).toMatch(/^D/);
      expect(completed).not.toHaveProperty('thread_ts');
    }
  });

  // The story: a text and a file were to go to another thread. The text did; and where the file was all that was
  // said in a thread, what users said below it was not heard.
  it('goes to the thread that its response names, which is listened to', async () => {
    scene = await Scene.open();
    const output = scene.channel.getOutputChannel(PLACE);
    await output.sendAttachment('U1', { name: 'a.txt', content: 'hello' }, { thread_ts: '9.9' });
    expect(scene.slack.of('files.completeUploadExternal')).toMatchObject([{ thread_ts: '9.9' }]);
    // As is the next one that it speaks in.
    await output.sendTextMessage('U1', 'There', { thread_ts: '8.8' });
    await scene.request(json(said({ text: 'And then?', thread_ts: '9.9' })));
    await scene.request(json(said({ text: 'And there?', thread_ts: '8.8' })));
    await scene.request(json(direct('Over')));
    await scene.until(() => scene.said.includes('Over'));
    expect(scene.said).toEqual(['And then?', 'And there?', 'Over']);
  });

  it('goes to a user’s direct messages', async () => {
    scene = await Scene.open();
    const output = scene.channel.getOutputChannel({ team: TEAM, user: 'U000000001' });
    await output.sendAttachment('U1', { name: 'a.txt', content: 'hello' });
    const [completed] = scene.slack.of('files.completeUploadExternal');
    expect(completed?.['channel_id']).toMatch(/^D/);
  });

  // The story: a response with a file was for nine in the morning. Its text waited, and the file was seen at once.
  it('is refused with all that goes with it where it is to be posted later', async () => {
    scene = await Scene.open();
    const output = scene.channel.getOutputChannel(PLACE);
    const file = { name: 'a.txt', content: 'hello' };
    const postAt = Math.floor(Date.now() / 1000) + 3_600;
    const refused = { code: 'not_schedulable', retryable: false };
    const response = { text: 'News', attachment: file, channels: { slack: { postAt } } };
    await expect(output.sendResponse('U1', response)).rejects.toMatchObject(refused);
    await expect(output.sendAttachment('U1', file, { postAt })).rejects.toMatchObject(refused);
    expect(scene.slack.of('chat.scheduleMessage')).toEqual([]);
    expect(scene.slack.of('files.getUploadURLExternal')).toEqual([]);
    await output.sendResponse('U1', { text: 'News', attachment: 'https://a.example/b', postAt });
    expect(scene.slack.of('chat.scheduleMessage')).toHaveLength(2);
  });

  it('that is empty is refused before Slack is asked', async () => {
    scene = await Scene.open();
    const sent = scene.channel
      .getOutputChannel(PLACE)
      .sendAttachment('U1', { name: 'a', data: '' });
    await expect(sent).rejects.toMatchObject({
      retryable: false,
      message: '[slack] an empty file cannot be uploaded',
    });
    expect(scene.slack.of('files.getUploadURLExternal')).toEqual([]);
  });

  it('that is taken, and not seen in the channel, is said in the log', async () => {
    const lines: string[] = [];
    const logger = {
      debug() {},
      info() {},
      error() {},
      warn: (_: unknown, line: string) => void lines.push(line),
    };
    scene = await Scene.open({ logger, clock: new HastyClock() });
    scene.slack.on('files.info', () => ({ ok: true, file: { shares: {} } }));
    await scene.channel.getOutputChannel(PLACE).sendAttachment('U1', { name: 'a', content: 'x' });
    expect(scene.slack.of('files.info')).toHaveLength(3);
    expect(lines).toEqual(['a file was uploaded, and is not seen yet']);
  });

  // The story: the host of the uploads was down for a moment. The bytes had gone nowhere, and the step counted
  // as one that may have arrived: it was not made again, and the user never got the file.
  // And where too much was uploaded at once, the host's 429 was a refusal for good.
  it.each([
    ['files.getUploadURLExternal', 502],
    ['the upload', 503],
    ['the upload', 429],
  ])('is surely not there when %s fails (%i), and is sent again', async (step, status) => {
    const clock = new HastyClock();
    const delivery = { retryMs: 60_000, whenUnknown: 'assume-sent' as const };
    scene = await Scene.open({ clock }, { delivery, clock });
    const { slack } = scene;
    if (step === 'the upload') {
      const upload_url = `${slack.url}/away`;
      const answer = { ok: true, upload_url, file_id: 'F0' };
      slack.next('files.getUploadURLExternal', answer);
      slack.pages.set(
        '/away',
        () => new Response('away', { status, headers: { 'retry-after': '20' } }),
      );
    } else slack.next(step, new Answer(status, 'away'));
    const begun = clock.now();
    scene.assistant = async (_message, reply) => {
      await reply.attachment({ name: 'a.txt', content: 'hello' });
    };
    await scene.request(json(direct('Send it')));
    await scene.over();
    if (status === 429) expect(clock.now() - begun).toBeGreaterThanOrEqual(20_000);
    expect(slack.of('files.getUploadURLExternal')).toHaveLength(2);
    const [completed, ...others] = slack.of('files.completeUploadExternal');
    expect(completed).toMatchObject({ channel_id: 'DU1', files: [{ title: 'a.txt' }] });
    expect(others).toEqual([]);
    expect(slack.pageTokens.filter((token) => token !== '')).toEqual([]);
  });

  it('may be there when the last request was not answered', async () => {
    const clock = new HastyClock();
    const delivery = { retryMs: 60_000, whenUnknown: 'assume-sent' as const };
    scene = await Scene.open({ clock }, { delivery, clock });
    scene.slack.on('files.completeUploadExternal', () => new Answer(502, 'lost'));
    scene.assistant = async (_message, reply) => {
      await reply.attachment({ name: 'a.txt', content: 'hello' });
    };
    await scene.request(json(direct('Send it')));
    await scene.over();
    expect(scene.slack.of('files.completeUploadExternal')).toHaveLength(1);
  });

  it('that Slack refuses is an error', async () => {
    scene = await Scene.open();
    scene.slack.on('files.getUploadURLExternal', () => ({
      ok: false,
      error: 'file_uploads_disabled',
    }));
    const sent = scene.channel
      .getOutputChannel(PLACE)
      .sendAttachment('U1', { name: 'a', content: 'x' });
    await expect(sent).rejects.toMatchObject({
      retryable: false,
      platformCode: 'file_uploads_disabled',
    });
  });
});

describe('a file that came with a message', () => {
  /** A server that is not Slack. */
  async function elsewhere(): Promise<{ url: string; seen: IncomingHttpHeaders[] }> {
    const seen: IncomingHttpHeaders[] = [];
    const server = createServer((req, res) => {
      seen.push(req.headers);
      res.end('elsewhere');
    });
    servers.push(server);
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`, seen };
  }

  /** A file at Slack. */
  function at(path: string, answer: (url: string) => Response): string {
    scene.slack.pages.set(path, answer);
    return scene.slack.url + path;
  }

  it('is fetched with the token, and redirected without it', async () => {
    scene = await Scene.open();
    const other = await elsewhere();
    const url = at(
      '/files/a',
      () => new Response(null, { status: 302, headers: { location: other.url } }),
    );
    const file = await scene.channel.download({ type: 'file', url, team: TEAM });
    expect(file.toString()).toBe('elsewhere');
    expect(scene.slack.pageTokens).toEqual([TOKEN]);
    expect(other.seen[0]).not.toHaveProperty('authorization');
  });

  it('and what is sent belong to the installation, also to one for a whole organisation', async () => {
    scene = await Scene.open({ token: (id) => (id === 'E2' ? TOKEN : null), status: false });
    const { channel, slack } = scene;
    const url = at('/files/a', () => new Response('hello'));
    slack.on('reactions.add', () => ({ ok: true }));
    const downloaded: string[] = [];
    scene.assistant = async ({ attachments: [file] }, reply) => {
      if (file !== undefined) downloaded.push(String(await channel.download(file)));
      const chunks = async function* (): AsyncGenerator<string> {
        yield 'Hello';
      };
      for (const sent of [
        await reply.text('Hello'),
        await reply.stream(chunks()),
        await reply.attachment({ name: 'a.txt', content: 'hello' }),
      ]) {
        await channel.posted(sent)?.react('eyes');
      }
      await (await channel.client('T2', 'E2')).auth.test();
    };
    const event = direct('Look');
    const authorization = { enterprise_id: 'E2', team_id: 'T2', is_enterprise_install: true };
    const message = event['event'] as object;
    const files = [{ id: 'F1', url_private: url }];
    const inThread = { ...message, subtype: 'file_share', files, thread_ts: '1.0' };
    await scene.request(json({ ...event, authorizations: [authorization], event: inThread }));
    await scene.over();
    expect(scene.errors).toEqual([]);
    expect(downloaded).toEqual(['hello']);
    expect(slack.of('chat.startStream')).toHaveLength(1);
    expect(slack.of('reactions.add')).toHaveLength(3);
  });

  it('is not fetched from anywhere else: the token is Slack’s', async () => {
    scene = await Scene.open();
    const other = await elsewhere();
    for (const url of [other.url, 'https://slack.com.evil.example/x', 'file:///etc/passwd', 'x']) {
      await expect(scene.channel.download({ type: 'file', url })).rejects.toThrow(/not at Slack/);
    }
    expect(other.seen).toEqual([]);
  });

  it('is no page that says to log in', async () => {
    scene = await Scene.open();
    const page = (): Response =>
      new Response('<html>', { headers: { 'content-type': 'text/html; charset=utf-8' } });
    const url = at('/files/a', page);
    await expect(scene.channel.download({ type: 'file', url })).rejects.toThrow(/files:read/);
    const html = await scene.channel.download({ type: 'file', url, mimeType: 'text/html' });
    expect(html.toString()).toBe('<html>');
  });

  // The story: the token was over its time, and the operator was told to add a scope that was there.
  it('is not fetched with a token that Slack takes no more, and the error says so', async () => {
    scene = await Scene.open();
    const page = (): Response => new Response('', { headers: { 'content-type': 'text/html' } });
    const url = at('/files/a', page);
    scene.slack.next('auth.test', { ok: false, error: 'token_revoked' });
    const refused = scene.channel.download({ type: 'file', url, team: TEAM });
    await expect(refused).rejects.toMatchObject({ platformCode: 'token_revoked' });
    scene.slack.next('auth.test', new Answer(503, 'away'));
    await expect(scene.channel.download({ type: 'file', url, team: TEAM })).rejects.toThrow(
      /files:read/,
    );
  });

  it('is fetched anew where its token was replaced meanwhile', async () => {
    let token = 'xoxb-old';
    const asked: string[] = [];
    scene = await Scene.open({ token: () => token });
    const { slack, channel } = scene;
    slack.on('auth.test', ({ token: shown }) => {
      if (shown === TOKEN) return { ok: true };
      token = TOKEN;
      return { ok: false, error: 'token_expired' };
    });
    const url = at('/files/a', () => {
      asked.push(token);
      return token === TOKEN
        ? new Response('hello')
        : new Response('', { headers: { 'content-type': 'text/html' } });
    });
    const file = await channel.download({ type: 'file', url, team: TEAM });
    expect(file.toString()).toBe('hello');
    expect(asked).toEqual(['xoxb-old', TOKEN]);
  });

  it('is not larger than the limit, whatever it says of itself', async () => {
    scene = await Scene.open();
    const url = at('/files/a', () => new Response('x'.repeat(2_000)));
    const file = { type: 'file', url } as const;
    const limit = { limitBytes: 1_000 };
    await expect(scene.channel.download({ ...file, sizeBytes: 2_000 }, limit)).rejects.toThrow(
      /larger than 1000/,
    );
    expect(scene.slack.pageTokens).toEqual([]);
    await expect(scene.channel.download({ ...file, sizeBytes: 1 }, limit)).rejects.toThrow(
      /larger than 1000/,
    );
    expect((await scene.channel.download(file, { limitBytes: 2_000 })).length).toBe(2_000);
  });

  it('that breaks off, or cannot be reached, is an error of ours, to try again', async () => {
    scene = await Scene.open();
    const { channel } = scene;
    const closed = createServer();
    await new Promise<void>((resolve) => void closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => void closed.close(resolve));
    const location = `http://127.0.0.1:${port}/x`;
    const away = at('/files/a', () => new Response(null, { status: 302, headers: { location } }));
    const broken = at('/files/b', () => {
      const body = new ReadableStream({
        pull: (controller) => controller.error(new Error('gone')),
      });
      return new Response(body, { headers: { 'content-length': '9' } });
    });
    for (const url of [away, broken]) {
      const failure: unknown = await channel
        .download({ type: 'file', url, team: TEAM })
        .catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(DeliveryError);
      expect(failure).toMatchObject({ retryable: true });
      expect(String(failure)).toMatch(/^\w+: \[slack\] the file cannot be fetched/);
    }
  });

  it('of Slack Connect is looked up by its id', async () => {
    scene = await Scene.open();
    const url = at('/files/a', () => new Response('hello'));
    scene.slack.on('files.info', () => ({ ok: true, file: { id: 'F1', url_private: url } }));
    const file = await scene.channel.download({ type: 'file', id: 'F1', team: TEAM });
    expect(file.toString()).toBe('hello');
  });

  // The story: a page that a partner had shared came with its id alone. What was fetched was taken for Slack's page
  // that says to log in.
  it('of Slack Connect may be a page', async () => {
    scene = await Scene.open();
    const page = new Response('<html>', { headers: { 'content-type': 'text/html' } });
    const url = at('/files/a', () => page);
    const info = { id: 'F1', url_private: url, mimetype: 'text/html' };
    scene.slack.on('files.info', () => ({ ok: true, file: info }));
    const file = await scene.channel.download({ type: 'file', id: 'F1', team: TEAM });
    expect(file.toString()).toBe('<html>');
  });

  // All of it would be fetched before it is known to be too large.
  it('of Slack Connect is not fetched where it is larger than the limit', async () => {
    scene = await Scene.open();
    const url = at('/files/a', () => new Response('hello'));
    const info = { id: 'F1', url_private: url, size: 30_000_000 };
    scene.slack.on('files.info', () => ({ ok: true, file: info }));
    const fetched = scene.channel.download({ type: 'file', id: 'F1', team: TEAM });
    await expect(fetched).rejects.toThrow(/larger than/);
    expect(scene.slack.pageTokens).toEqual([]);
  });

  it('that is gone is an error', async () => {
    scene = await Scene.open();
    const url = at('/files/a', () => new Response('', { status: 404 }));
    await expect(scene.channel.download({ type: 'file', url })).rejects.toMatchObject({
      platformCode: 'http_404',
    });
    const loop = at(
      '/files/b',
      (self) => new Response(null, { status: 302, headers: { location: self } }),
    );
    await expect(scene.channel.download({ type: 'file', url: loop })).rejects.toThrow(
      /again and again/,
    );
  });
});
