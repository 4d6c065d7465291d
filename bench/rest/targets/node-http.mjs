// The floor: node:http and the same JSON work, nothing else.
import { createServer } from 'node:http';
import { ready } from '../../harness/target.mjs';

const server = createServer((req, res) => {
  if (req.method !== 'POST' || req.url !== '/webhooks/rest/webhook') {
    res.writeHead(404).end();
    return;
  }
  /** @type {Buffer[]} */
  const chunks = [];
  req.on('data', (chunk) => chunks.push(chunk));
  req.on('end', () => {
    const { sender, message } = JSON.parse(Buffer.concat(chunks).toString());
    const body = JSON.stringify([{ recipient_id: sender, text: `You said: ${message}` }]);
    res.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    });
    res.end(body);
  });
});
server.listen(0, '127.0.0.1', () => ready(server));
