import { Trunkline, UserMessage } from '@trunkline/core';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { send as sendThrough } from '../../src/commands/send.ts';
import { runCommandLine } from '../../src/program.ts';
import { folderOf } from '../support/folder.ts';
import { PostInput } from '../support/post-input.ts';
import { fakeTerminal } from '../support/screen.ts';

const before = process.cwd();
afterEach(() => process.chdir(before));

/** What a server was asked. */
interface Asked {
  path: string | undefined;
  token: string | undefined;
  key: string | string[] | undefined;
  body: unknown;
}

/** A server that writes down what it is asked, and answers what it is told to. */
async function serve(
  status: number,
  answer: string,
  headers: Record<string, string> = {},
): Promise<{ url: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const read = async (req: IncomingMessage): Promise<unknown> => {
    let text = '';
    for await (const chunk of req) text += String(chunk);
    return JSON.parse(text);
  };
  const server = createServer((req, res) => {
    const note = async (): Promise<void> => {
      const { authorization: token, 'idempotency-key': key } = req.headers;
      asked.push({ path: req.url, token, key, body: await read(req) });
      res.writeHead(status, headers).end(answer);
    };
    void note();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

async function send(env: string, ...args: string[]) {
  process.chdir(await folderOf({ '.env': env }));
  const terminal = fakeTerminal();
  const variables = { ...process.env };
  try {
    const code = await runCommandLine(['send', ...args], terminal);
    return { code, said: terminal.said(), complained: terminal.complained() };
  } finally {
    // What `.env` has set is this test's.
    for (const name of Object.keys(process.env)) {
      if (!Object.hasOwn(variables, name)) delete process.env[name];
    }
  }
}

const POSTED = '{"status":"accepted","channel":"slack"}';

describe('trunkline send', () => {
  it('has a server say a text, with the token of the environment', async () => {
    const { url, asked } = await serve(200, POSTED);
    const sent = await send(`PUBLIC_URL=${url}/\nAPI_TOKEN=secret\n`, 'T1/C1 ü', 'Hello there');
    expect(sent).toEqual({ code: 0, said: `${POSTED}\n`, complained: '' });
    expect(asked).toEqual([
      {
        path: '/conversations/T1%2FC1%20%C3%BC/messages?output_channel=latest',
        token: 'Bearer secret',
        key: undefined,
        body: { text: 'Hello there' },
      },
    ]);
  });

  it('reaches a user through a server that runs, if the token is right', async () => {
    const channel = new PostInput();
    const line = new Trunkline({
      channels: [channel],
      assistant: (message, reply) => reply.text(`about ${message.text}`),
      api: { token: 'secret' },
    });
    const server = await line.listen(0, '127.0.0.1');
    onTestFinished(() => line.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const message = { text: 'one', senderId: 'ada', messageId: '1', address: { to: 'ada' } };
    await channel.turns?.accept(new UserMessage(message));
    await expect.poll(() => channel.said).toEqual(['about one']);

    const sent = await send('API_TOKEN=secret\n', 'ada', 'News', '--server', url);
    expect(sent).toMatchObject({ code: 0, complained: '' });
    expect(JSON.parse(sent.said)).toMatchObject({ status: 'accepted', channel: 'post' });
    await expect.poll(() => channel.said).toEqual(['about one', 'News']);

    const wrong = await send('API_TOKEN=other\n', 'ada', 'News', '--server', url);
    expect(wrong.complained).toBe('error: the server answered 401: the token is wrong\n');
    const nobody = await send('API_TOKEN=secret\n', 'eve', 'News', '--server', url);
    expect(nobody.complained).toMatch(/^error: the server answered 409: /);
    const nowhere = ['ada', 'News', '--channel', 'fax', '--server', url];
    expect(await send('API_TOKEN=secret\n', ...nowhere)).toMatchObject({
      code: 1,
      complained: 'error: the server answered 404: no channel of this line has this name\n',
    });
  });

  it('sends a response with any of its parts, on a channel', async () => {
    const { url, asked } = await serve(200, POSTED);
    const response = '{"text":"Look","image":"https://x.org/a.png"}';
    await send('', 'ada', '--response', response, '--channel', 'slack', '--server', url);
    expect(asked).toEqual([
      {
        path: '/conversations/ada/messages?output_channel=slack',
        token: undefined,
        key: undefined,
        body: JSON.parse(response),
      },
    ]);
  });

  it('takes what begins with a hyphen behind --', async () => {
    const { url, asked } = await serve(200, POSTED);
    expect((await send('', '--server', url, '--', '-U1', '- one')).code).toBe(0);
    expect(asked[0]).toMatchObject({
      path: '/conversations/-U1/messages?output_channel=latest',
      body: { text: '- one' },
    });
  });

  it('names an account and a key', async () => {
    const { url, asked } = await serve(200, POSTED);
    const where = ['--channel', 'slack', '--account', 'T1 ü', '--server', url];
    await send('', 'ada', 'Hi', ...where, '--idempotency-key', 'order 7');
    expect(asked).toMatchObject([
      {
        path: '/conversations/ada/messages?output_channel=slack&account=T1+%C3%BC',
        key: 'order 7',
      },
    ]);
  });

  // Whoever only claims to be bob was reached by no option, and "was never there".
  it('reaches whom only the account names, and says that it must be named', async () => {
    const channel = new PostInput();
    const line = new Trunkline({
      channels: [channel],
      assistant: () => {},
      api: { token: 'secret' },
    });
    const server = await line.listen(0, '127.0.0.1');
    onTestFinished(() => line.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const session = { account: 's1', address: { session: 's1' }, authenticated: false };
    const message = { text: 'Hi', senderId: 'bob', messageId: '1', ...session };
    await channel.turns?.accept(new UserMessage(message));

    const say = (...args: string[]) =>
      send('API_TOKEN=secret\n', 'bob', 'hey', '--server', url, ...args);
    expect((await say()).complained).toMatch(/^error: .* 409: .*name its channel and its account/);
    const { complained } = await say('--channel', 'post');
    expect(complained).toMatch(/^error: the server answered 409: .*name its account/);
    expect(await say('--channel', 'post', '--account', 's1')).toMatchObject({ code: 0 });
    await expect.poll(() => channel.said).toEqual(['hey']);
    expect((await say('--channel', 'post', '--account', 's2')).complained).toMatch(
      /409: .*was ever on this account of the channel/,
    );
    const again = ['--channel', 'post', '--account', 's1', '--idempotency-key', 'k'];
    for (const status of ['accepted', 'duplicate']) {
      expect(JSON.parse((await say(...again)).said)).toMatchObject({ status, message_id: 'k' });
    }
  });

  it.each([
    [
      404,
      '{"message":"there is no channel \\"x\\" here","code":404}',
      'there is no channel "x" here',
    ],
    [401, '{"detail":"the token is wrong"}', 'the token is wrong'],
    [502, 'Bad gateway\u001b[2J', 'Bad gateway[2J'],
  ])('says what the server has refused it with: %i', async (status, answer, reason) => {
    const { url } = await serve(status, answer);
    expect(await send('', 'ada', 'Hi', '--server', url)).toEqual({
      code: 1,
      said: '',
      complained: `error: the server answered ${status}: ${reason}\n`,
    });
  });

  it('says that there is no server', async () => {
    const gone = createServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const url = `http://127.0.0.1:${(gone.address() as AddressInfo).port}`;
    gone.close();
    const { code, complained } = await send('', 'ada', 'Hi', '--server', url);
    expect(complained).toBe(
      `error: there is no server at ${url}: start it, or name it with --server\n`,
    );
    expect(code).toBe(1);
  });

  // The story: behind a proxy that redirects to https, the message was asked for with GET, and the server said to
  // have no API. A certificate that nobody knows was called no server.
  it('says why a server could not be asked', async () => {
    const { url, asked } = await serve(301, '', { location: 'https://bot.example.org/elsewhere' });
    expect((await send('', 'ada', 'Hi', '--server', url)).complained).toBe(
      `error: ${url} redirects to https://bot.example.org: name that with --server\n`,
    );
    expect(asked).toHaveLength(1);
    // A port that fetch asks nobody on, whoever listens there.
    expect((await send('', 'ada', 'Hi', '--server', 'http://127.0.0.1:6000')).complained).toBe(
      'error: http://127.0.0.1:6000 could not be asked: bad port\n',
    );
    const rude = createServer((req) => req.socket.destroy()).listen(0, '127.0.0.1');
    await once(rude, 'listening');
    onTestFinished(() => void rude.close());
    const { port } = rude.address() as AddressInfo;
    expect((await send('', 'ada', 'Hi', '--server', `http://127.0.0.1:${port}`)).complained).toBe(
      `error: http://127.0.0.1:${port} broke off the connection; it may have been taken\n`,
    );
  });

  it.each([
    // The story: what a script's variable left empty was sent to the last channel, or said to be for a server
    // without an API.
    [['', 'Hi'], 'must be a sender id'],
    [['..', 'Hi'], 'must be a sender id'],
    [['ada', 'Hi', '--channel', ''], 'must not be empty'],
    [['ada', 'Hi', '--channel', 'slack', '--account', ''], 'must not be empty'],
    [['ada', 'Hi', '--server', 'http://localhost:5005?x=1'], 'must be an address such as'],
    [['ada'], 'say a text, or name a response with --response'],
    [['ada', 'Hi', '--response', '{"text":"Hi"}'], 'say a text, or name a response'],
    [['ada', 'Hi', '--server', 'localhost:5005'], 'must be an address such as https://bot'],
    [['ada', 'Hi', '--server', 'bot.example.org'], 'must be an address such as https://bot'],
    [['ada', 'Hi', '--account', 'T1'], 'an account needs its --channel'],
    [['ada', 'Hi', '--account', 'T1', '--channel', 'latest'], 'an account needs its --channel'],
    [['ada', 'Hi', '--idempotency-key', ''], 'must be 1 to 255 ASCII characters'],
    [['ada', 'Hi', '--idempotency-key', 'ü→'], 'must be 1 to 255 ASCII characters'],
  ])('does not understand %j', async (args, sentence) => {
    const { code, complained } = await send('', ...args);
    expect(complained).toContain(sentence);
    expect(code).toBe(2);
  });

  it('says that the token is none, without showing it', async () => {
    const { code, complained } = await send('API_TOKEN=gehëim→\n', 'ada', 'Hi');
    expect(complained).toBe('error: API_TOKEN has characters that no HTTP header takes\n');
    expect(code).toBe(1);
  });

  it('asks for the token of a server that has no API', async () => {
    const line = new Trunkline({ channels: [], assistant: () => {} });
    const server = await line.listen(0, '127.0.0.1');
    onTestFinished(() => line.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect((await send('', 'ada', 'Hi', '--server', url)).complained).toBe(
      'error: the server answered 404: is API_TOKEN set where the server runs?\n',
    );
  });

  it('does not wait for ever', async () => {
    const server = createServer(() => {}).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const options = { channel: 'latest', server: url };
    await expect(sendThrough('ada', { text: 'Hi' }, options, 50)).rejects.toThrow(
      `${url} did not answer within 0.05 s; it may have been taken`,
    );
  });
});
