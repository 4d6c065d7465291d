import {
  MemoryStore,
  type Assistant,
  type Logger,
  type LogMethod,
  type TrunklineOptions,
} from '@trunkline/core';
import { inspect } from 'node:util';
import { SmsInput, type SmsAccount, type SmsOptions } from '@trunkline/sms';
import { startLine, type StartedLine } from '@trunkline/testing';
import { onTestFinished } from 'vitest';
import { ACCOUNT, call, inboundForm, OUR_NUMBER, TOKEN, Twilio } from './twilio.ts';

/** A line with an SMS channel, and Twilio on both of its sides. */
export interface Scene extends StartedLine {
  sms: SmsInput;
  twilio: Twilio;
  /** Where messages come in. */
  webhook: string;
  /** A user's message as Twilio brings it: for what the emulator cannot. Resolves to the answer. */
  bring(values?: Record<string, string>): Promise<Response>;
}

/** How a scene is set. */
export interface SceneOptions extends Partial<TrunklineOptions> {
  /** Options of the channel beside the account. */
  sms?: Partial<SmsOptions>;
  /** Several accounts, each with what it lacks. */
  accounts?: Partial<SmsAccount>[];
}

/** Starts a line that answers with `assistant`; it ends with the test. */
export async function startScene(
  assistant: Assistant,
  { sms: own = {}, accounts, ...options }: SceneOptions = {},
): Promise<Scene> {
  const twilio = await Twilio.start();
  const account = { accountSid: ACCOUNT, authToken: TOKEN };
  const number = own.messagingServiceSid === undefined ? { twilioNumber: OUR_NUMBER } : {};
  const sms = new SmsInput({
    ...(accounts === undefined
      ? { ...account, ...number }
      : { accounts: accounts.map((each) => ({ ...account, ...each })) }),
    apiUrl: twilio.url,
    ...own,
  });
  const started = await startLine({ channels: [sms], assistant, ...options });
  const webhook = `${started.url}/webhooks/${sms.urlPrefix()}/webhook`;
  await twilio.callAt(webhook);
  onTestFinished(async () => {
    await started.close();
    await twilio.close();
    if (twilio.mistakes.length > 0) throw new Error(twilio.mistakes.join('\n'));
  });
  return {
    ...started,
    sms,
    twilio,
    webhook,
    bring: (values) => call(webhook, inboundForm(values)),
  };
}

/** A logger that writes down all that it is told. */
export function recordingLogger(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const write: LogMethod = (fields, message) => {
    const text = inspect({ ...fields, message }, { depth: 10 });
    lines.push(text);
  };
  return { logger: { debug: write, info: write, warn: write, error: write }, lines };
}

/** A store that can be told to fail where it is asked of opt-outs, or told of them, so many times. */
export function forgetfulStore(): {
  store: MemoryStore;
  failing: { reads: number; writes: number };
} {
  const store = new MemoryStore();
  const failing = { reads: 0, writes: 0 };
  const { values } = store;
  const [get, set] = [values.get.bind(values), values.set.bind(values)];
  values.get = async (namespace, key) => {
    if (namespace.includes('opted-out') && failing.reads-- > 0)
      throw new Error('the store is away');
    return await get(namespace, key);
  };
  values.set = async (namespace, ...rest) => {
    if (namespace.includes('opted-out') && failing.writes-- > 0)
      throw new Error('the store is away');
    return await set(namespace, ...rest);
  };
  return { store, failing };
}
