// Slack's own framework.
import bolt from '@slack/bolt';
import { ready } from '../../harness/target.mjs';
import { ANSWERS, answerOf, API_URL } from '../arguments.mjs';
import { PATH, SECRET, TOKEN } from '../events.mjs';

const app = new bolt.App({
  token: TOKEN,
  signingSecret: SECRET,
  endpoints: PATH,
  clientOptions: { slackApiUrl: API_URL },
  logLevel: bolt.LogLevel.ERROR,
});
app.message(async ({ message, say }) => {
  const { text = '' } = /** @type {{ text?: string }} */ (message);
  for (let index = 0; index < ANSWERS; index++) await say(answerOf(text, index));
});
const server = await app.start({ port: 0, host: '127.0.0.1' });
ready(server);
