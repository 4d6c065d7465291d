import { RasaAssistant, RasaCallback } from '@trunkline/rasa';
import { RestInput } from '@trunkline/rest';
import { SqliteStore } from '@trunkline/sqlite';
import { startLine, type StartedLine } from '@trunkline/testing';
import { WebSocketInput } from '@trunkline/websocket';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'undici';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../scripts/test-support/deferred.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { atEnd, endAfterEach, SLOWLY, startRasa } from './support/scene.ts';
import type { Agent, RasaStandIn } from './support/stand-in.ts';

expectNoUnhandledRejections();
endAfterEach();

const SECRET = 'of32charactersFromAGenerator1234';

type Frame = Record<string, unknown>;

async function start(rasa: RasaStandIn, file: string): Promise<StartedLine> {
  const started = await startLine({
    channels: [new RestInput(), new WebSocketInput(), new RasaCallback({ secret: SECRET })],
    assistant: new RasaAssistant({ url: rasa.url }),
    store: new SqliteStore({ file }),
  });
  atEnd(started.close);
  rasa.callbackUrl = `${started.url}/webhooks/rasa/webhook?token=${SECRET}`;
  return started;
}

async function newFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-rasa-'));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'store.db');
}

/** A browser's connection, and what it has got. */
function connect(url: string, query = ''): { socket: WebSocket; frames: Frame[] } {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/webhooks/websocket/ws${query}`);
  const frames: Frame[] = [];
  socket.addEventListener('message', ({ data }) => {
    frames.push(JSON.parse(String(data)) as Frame);
  });
  return { socket, frames };
}

const typesOf = (frames: Frame[]): unknown[] =>
  frames.map(({ type }) => type).filter((type) => type !== 'ack' && type !== 'typing');

describe('Rasa behind the line', () => {
  it('streams its tokens to a browser while it makes them', async () => {
    const gates = [deferred(), deferred(), deferred(), deferred()];
    const agent: Agent = async (_heard, bot) => {
      let at = 0;
      await bot.stream(['It', ' is', ' sunny', '.'], () => gates[at++]?.promise);
      await bot.utter({ text: 'Anything else today?', buttons: [{ title: 'No', payload: '/no' }] });
    };
    const rasa = await startRasa({ agent });
    const { url } = await start(rasa, await newFile());
    const { socket, frames } = connect(url);
    await expect.poll(() => typesOf(frames), SLOWLY).toEqual(['session']);
    socket.send('{"message":"How is the weather?","id":"1"}');
    const chunks = (): unknown[] =>
      frames.filter(({ type }) => type === 'stream_chunk').map(({ chunk }) => chunk);
    await expect.poll(() => rasa.heard, SLOWLY).toHaveLength(1);
    gates[0]?.resolve();
    // Each piece is there before Rasa has made the next one.
    await expect.poll(chunks, SLOWLY).toEqual(['It', ' is']);
    gates[1]?.resolve();
    await expect.poll(chunks, SLOWLY).toEqual(['It', ' is', ' sunny']);
    gates[2]?.resolve();
    gates[3]?.resolve();
    await expect.poll(() => typesOf(frames).at(-1), SLOWLY).toBe('buttons');
    expect(frames.find(({ type }) => type === 'stream_end')).toMatchObject({
      text: 'It is sunny.',
    });
    expect(typesOf(frames).join(' ')).toBe(
      'session stream_start stream_chunk stream_chunk stream_chunk stream_chunk stream_end buttons',
    );
  });

  it('hears the payload of a button that is pressed', async () => {
    const agent: Agent = async ({ text }, bot) => {
      if (text === '/no') await bot.utter({ text: 'Good bye.' });
      else await bot.utter({ text: 'More?', buttons: [{ title: 'No', payload: '/no' }] });
    };
    const rasa = await startRasa({ agent });
    const { url } = await start(rasa, await newFile());
    const { socket, frames } = connect(url);
    await expect.poll(() => typesOf(frames), SLOWLY).toEqual(['session']);
    socket.send('{"message":"Hi","id":"1"}');
    await expect.poll(() => typesOf(frames).at(-1), SLOWLY).toBe('buttons');
    socket.send('{"type":"choice","payload":"/no","title":"No","id":"2"}');
    await expect.poll(() => frames.at(-1)?.['text'], SLOWLY).toBe('Good bye.');
    expect(rasa.heard.map(({ text, inputChannel }) => [text, inputChannel])).toEqual([
      ['Hi', 'websocket'],
      ['/no', 'websocket'],
    ]);
  });

  it('reaches a browser with a reminder, after a restart of the line', async () => {
    const rasa = await startRasa();
    const file = await newFile();
    const one = await start(rasa, file);
    const first = connect(one.url);
    await expect.poll(() => typesOf(first.frames), SLOWLY).toEqual(['session']);
    const { session, token } = first.frames[0] ?? {};
    first.socket.send('{"message":"Remind me","id":"1"}');
    await expect.poll(() => first.frames.at(-1)?.['text'], SLOWLY).toBe('You said: Remind me');
    await one.close();

    const two = await start(rasa, file);
    await rasa.proactive(rasa.heard[0]?.sender ?? '', (bot) => bot.utter({ text: 'It is time.' }));
    expect(rasa.callbackStatuses).toEqual([200]);
    const back = connect(two.url, `?session=${String(session)}&token=${String(token)}`);
    await expect.poll(() => back.frames.at(-1)?.['text'], SLOWLY).toBe('It is time.');
  });
});
