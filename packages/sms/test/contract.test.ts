import { SmsInput } from '@trunkline/sms';
import {
  inputChannelContract,
  outputChannelContract,
  startLine,
  type ChannelRequest,
} from '@trunkline/testing';
import { afterAll, describe, it } from 'vitest';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import {
  ACCOUNT,
  inboundForm,
  OUR_NUMBER,
  PHONE,
  refusing,
  signedHeaders,
  TOKEN,
  Twilio,
} from './support/twilio.ts';

expectNoUnhandledRejections();

const publicUrl = 'https://bot.example.org';
const account = { accountSid: ACCOUNT, authToken: TOKEN, twilioNumber: OUR_NUMBER, publicUrl };
const credentials = {
  account_sid: ACCOUNT,
  auth_token: TOKEN,
  twilio_number: OUR_NUMBER,
  public_url: publicUrl,
};

/** The channel with a Twilio of its own, which goes with it. */
class ContractInput extends SmsInput {
  readonly twilio: Twilio;

  constructor(twilio: Twilio) {
    super({ ...account, apiUrl: twilio.url, statusCallback: false });
    this.twilio = twilio;
  }

  override async close(): Promise<void> {
    await super.close();
    await this.twilio.close();
    if (this.twilio.mistakes.length > 0) throw new Error(this.twilio.mistakes.join('\n'));
  }
}

function message(text: string, sender: string, token: string = TOKEN): ChannelRequest {
  const form = inboundForm({ Body: text, From: sender });
  const headers = signedHeaders(`${publicUrl}/webhooks/sms/webhook`, form, token);
  return { body: new URLSearchParams(form).toString(), headers };
}

describe('SmsInput', () => {
  inputChannelContract({
    it,
    create: async () => new ContractInput(await Twilio.start()),
    message: (text, sender) => message(text, sender),
    forged: (text, sender) => message(text, sender, 'guessed'),
    replies: (_answer, { twilio }) => twilio.sent,
    senders: ['+15551110001', '+15551110002', 'whatsapp:+491511110003'],
    credentials,
  });
});

const failing: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of failing) await close();
});

describe('the output of an SmsInput', () => {
  outputChannelContract({
    it,
    async create() {
      const twilio = await Twilio.start();
      const channel = new ContractInput(twilio);
      const { close } = await startLine({ channels: [channel], assistant: () => {} });
      return {
        output: channel.getOutputChannel({ to: PHONE }),
        sent: () => twilio.sent.map(({ Body = '', MediaUrl = [] }) => [Body, ...[MediaUrl].flat()]),
        close,
      };
    },
    async createFailing() {
      const twilio = await Twilio.start();
      const channel = new ContractInput(twilio);
      twilio.script.push(...Array.from({ length: 20 }, () => refusing(21211)));
      const { close } = await startLine({ channels: [channel], assistant: () => {} });
      failing.push(close);
      return channel.getOutputChannel({ to: PHONE });
    },
    recipientId: PHONE,
    customJson: { body: 'made to measure' },
  });
});
