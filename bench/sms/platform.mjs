// Twilio's API as the driver plays it: takes messages, and tells whoever waits for them.
import { createServer } from 'node:http';
import { ACCOUNT, OUR_NUMBER, TOKEN } from './messages.mjs';

const PATH = `/2010-04-01/Accounts/${ACCOUNT}/Messages.json`;
const LOGIN = `Basic ${Buffer.from(`${ACCOUNT}:${TOKEN}`).toString('base64')}`;

/** Twilio's answer, as long as the real one. @param {string} to @param {string} body @param {number} number */
function resource(to, body, number) {
  const sid = `SM${number.toString(16).padStart(32, 'a')}`;
  const date = 'Tue, 24 Nov 2026 16:49:50 +0000';
  const uri = `/2010-04-01/Accounts/${ACCOUNT}/Messages/${sid}`;
  return JSON.stringify({
    account_sid: ACCOUNT,
    api_version: '2010-04-01',
    body,
    date_created: date,
    date_sent: null,
    date_updated: date,
    direction: 'outbound-api',
    error_code: null,
    error_message: null,
    from: OUR_NUMBER,
    messaging_service_sid: null,
    num_media: '0',
    num_segments: '1',
    price: null,
    price_unit: 'USD',
    sid,
    status: 'queued',
    subresource_uris: { media: `${uri}/Media.json` },
    to,
    uri: `${uri}.json`,
  });
}

/** The platform of one run. */
export class Platform {
  /** Told of each message that was sent. */
  onSent = (/** @type {string} */ _to, /** @type {string} */ _body) => {};
  port = 0;
  #count = 0;
  #server = createServer((req, res) => {
    let text = '';
    req.setEncoding('latin1');
    req.on('data', (chunk) => (text += chunk));
    req.on('end', () => {
      const form = new URLSearchParams(text);
      const [to, body] = [form.get('To') ?? '', form.get('Body') ?? ''];
      const isRight =
        req.url === PATH && req.headers.authorization === LOGIN && form.get('From') === OUR_NUMBER;
      const answer = isRight ? resource(to, body, ++this.#count) : '{"code":20003}';
      res.writeHead(isRight ? 201 : 401, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(answer),
      });
      res.end(answer);
      if (isRight) this.onSent(to, body);
    });
  });

  static async start() {
    const platform = new Platform();
    const server = platform.#server;
    server.keepAliveTimeout = 120_000;
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
    const address = server.address();
    platform.port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    return platform;
  }
}
