// Trunkline as it is meant to be served: by itself, with the memory store.
import { Trunkline } from '@trunkline/core';
import { SmsInput } from '@trunkline/sms';
import { ready } from '../../harness/target.mjs';
import { ACCOUNT, answersTo, OUR_NUMBER, TOKEN } from '../messages.mjs';

const [id = '', platformPort] = process.argv.slice(2);
const line = new Trunkline({
  channels: [
    new SmsInput({
      accountSid: ACCOUNT,
      authToken: TOKEN,
      twilioNumber: OUR_NUMBER,
      reply: id.startsWith('twiml') ? 'twiml' : 'rest',
      apiUrl: `http://127.0.0.1:${platformPort}`,
    }),
  ],
  async assistant({ text }, reply) {
    for (const answer of answersTo(text ?? '')) await reply.text(answer);
  },
});
ready(await line.listen(0, '127.0.0.1'));
