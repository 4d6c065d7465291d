import { describe, expect, it } from 'vitest';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { startScene } from './support/scene.ts';
import { ACCOUNT, OUR_NUMBER, PHONE } from './support/twilio.ts';

expectNoUnhandledRejections();

describe('a text message', () => {
  it('is answered by another', async () => {
    const heard: unknown[] = [];
    const { twilio } = await startScene(async (message, reply) => {
      heard.push([message.text, message.senderId, message.inputChannel, message.address]);
      await reply.text(`You said ${message.text}`);
    });
    await twilio.receive('Hello');
    await twilio.until(1);
    expect(twilio.sent).toEqual([{ To: PHONE, From: OUR_NUMBER, Body: 'You said Hello' }]);
    expect(heard).toEqual([
      ['Hello', PHONE, 'sms', { account: ACCOUNT, from: OUR_NUMBER, to: PHONE }],
    ]);
  });
});
