// The `chat` SDK with its Slack adapter, its webhook behind node:http.
import { createServer } from 'node:http';
import { createSlackAdapter } from '@chat-adapter/slack';
import { createMemoryState } from '@chat-adapter/state-memory';
import { Chat, ConsoleLogger } from 'chat';
import { ready } from '../../harness/target.mjs';
import { ANSWERS, answerOf, API_URL } from '../arguments.mjs';
import { SECRET, TOKEN } from '../events.mjs';

const adapter = createSlackAdapter({
  botToken: TOKEN,
  signingSecret: SECRET,
  apiUrl: API_URL,
  logger: new ConsoleLogger('silent'),
});
// The types of its packages are of two versions, and of a project without exact optional properties.
const chat = new Chat({
  userName: 'bot',
  logger: 'silent',
  state: /** @type {import('chat').StateAdapter} */ (/** @type {unknown} */ (createMemoryState())),
  adapters: {
    slack: /** @type {import('chat').Adapter} */ (/** @type {unknown} */ (adapter)),
  },
});
chat.onNewMention(async (thread, message) => {
  for (let index = 0; index < ANSWERS; index++) await thread.post(answerOf(message.text, index));
});

const server = createServer((req, res) => {
  /** @type {Buffer[]} */
  const chunks = [];
  req.on('data', (chunk) => chunks.push(chunk));
  req.on('end', () => void answer());
  async function answer() {
    const request = new Request('http://localhost/', {
      method: 'POST',
      headers: /** @type {Record<string, string>} */ (req.headers),
      body: Buffer.concat(chunks),
    });
    const response = await chat.webhooks.slack(request, {
      waitUntil: (task) => void task.catch(console.error),
    });
    const body = await response.text();
    res.writeHead(response.status, { 'content-length': Buffer.byteLength(body) });
    res.end(body);
  }
});
server.listen(0, '127.0.0.1', () => ready(server));
