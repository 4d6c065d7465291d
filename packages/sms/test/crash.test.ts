import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ACCOUNT, call, inboundForm, OUR_NUMBER, PHONE, TOKEN, Twilio } from './support/twilio.ts';

const WORKER = fileURLToPath(new URL('./support/worker.mjs', import.meta.url));

interface Worker {
  process: ChildProcess;
  webhook: string;
  /** Resolves when it has come to where it stops. */
  stopped: Promise<void>;
}

async function start(options: object): Promise<Worker> {
  // Not Vitest's arguments: what runs is what is built.
  const child = fork(WORKER, [JSON.stringify(options)], { execArgv: [] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const messages: { port?: number; stopped?: true }[] = [];
  let wake = (): void => {};
  child.on('message', (message) => {
    messages.push(message as { port?: number });
    wake();
  });
  const until = async (
    is: (message: { port?: number; stopped?: true }) => boolean,
  ): Promise<void> => {
    while (!messages.some(is)) await new Promise<void>((resolve) => (wake = resolve));
  };
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`the server ended (${String(code)}): is it built?`);
  });
  exited.catch(() => {});
  await Promise.race([until(({ port }) => port !== undefined), exited]);
  const port = messages.find((message) => message.port !== undefined)?.port ?? 0;
  const webhook = `http://127.0.0.1:${port}/webhooks/sms/webhook`;
  return { process: child, webhook, stopped: until(({ stopped }) => stopped === true) };
}

describe('a server that is killed between acknowledgement and answer', () => {
  it.each([0, 1])(
    'having said %d of two: the next one says what is missing, once',
    async (stopsAfter) => {
      const folder = mkdtempSync(join(tmpdir(), 'trunkline-sms-'));
      const twilio = await Twilio.start();
      onTestFinished(async () => {
        await twilio.close();
        rmSync(folder, { recursive: true, force: true });
      });
      const account = { accountSid: ACCOUNT, authToken: TOKEN, twilioNumber: OUR_NUMBER };
      const options = { file: join(folder, 'db'), sms: { ...account, apiUrl: twilio.url } };
      const first = await start({ ...options, stopsAfter });
      const form = inboundForm({ Body: 'Ada' });
      expect((await call(first.webhook, form)).status).toBe(200);
      await first.stopped;
      expect(twilio.sent).toHaveLength(stopsAfter);
      first.process.kill('SIGKILL');
      await once(first.process, 'exit');
      const second = await start(options);
      await twilio.until(2);
      // Twilio, to whom nobody has said so, brings the message once more.
      expect((await call(second.webhook, form)).status).toBe(200);
      await call(second.webhook, inboundForm({ Body: 'Bert' }));
      await twilio.until(4);
      expect(twilio.texts).toEqual(['One, Ada', 'Two, Ada', 'One, Bert', 'Two, Bert']);
      expect(twilio.sent[0]).toMatchObject({ To: PHONE, From: OUR_NUMBER });
      expect(twilio.mistakes).toEqual([]);
    },
    60_000,
  );
});
