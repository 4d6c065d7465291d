// What most bots are: Express, twilio.webhook() and the client of the SDK.
import express from 'express';
import twilio from 'twilio';
import { ready } from '../../harness/target.mjs';
import { ACCOUNT, answersTo, NOTHING, OUR_NUMBER, PATH, TOKEN } from '../messages.mjs';

const [id = '', platformPort] = process.argv.slice(2);
const isTwiml = id.startsWith('twiml');
const client = twilio(ACCOUNT, TOKEN);
client.api.baseUrl = `http://127.0.0.1:${platformPort}`;

const app = express();
app.post(
  PATH,
  express.urlencoded({ extended: false }),
  twilio.webhook({ protocol: 'http' }, TOKEN),
  async (req, res) => {
    const texts = answersTo(req.body.Body);
    res.type('text/xml');
    if (isTwiml) {
      const response = new twilio.twiml.MessagingResponse();
      // Without a text of its own, a message takes a body, as ours have; the types do not know that.
      const none = /** @type {string} */ (/** @type {unknown} */ ({}));
      for (const text of texts) response.message(none).body(text);
      res.send(response.toString());
      return;
    }
    res.send(NOTHING);
    for (const body of texts) {
      await client.messages.create({ to: req.body.From, from: OUR_NUMBER, body });
    }
  },
);
const server = app.listen(0, '127.0.0.1', () => ready(server));
