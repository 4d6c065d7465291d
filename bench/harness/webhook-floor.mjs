// What the floors of platforms have in common, which bring signed webhooks and take posts: node:http,
// and a Pool of undici for what is sent; nothing else.
import { timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { Pool } from 'undici';
import { ready } from './target.mjs';

/**
 * @callback Handle
 * @param {import('node:http').IncomingMessage} req
 * @param {import('node:http').ServerResponse} res
 * @param {Buffer} body
 */

/** Takes what is posted to one path, as it came. @param {string} path @param {Handle} handle */
export function serveWebhook(path, handle) {
  const server = createServer((req, res) => {
    if (req.method !== 'POST' || req.url !== path) {
      res.writeHead(404).end();
      return;
    }
    /** @type {Buffer[]} */
    const chunks = [];
    req.on('data', (chunk) => chunks.push(chunk));
    req.on('end', () => handle(req, res, Buffer.concat(chunks)));
  });
  server.listen(0, '127.0.0.1', () => ready(server));
}

/** @param {Buffer} given @param {Buffer} expected */
export function isSame(given, expected) {
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/**
 * Posts forms to one path of a platform. The returned function resolves to the answer.
 * @param {object} options
 * @param {string} options.origin
 * @param {number} options.connections
 * @param {string} options.path
 * @param {string} options.authorization
 */
export function poster({ origin, connections, path, authorization }) {
  const pool = new Pool(origin, { connections });
  const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' };
  /** @param {Record<string, string>} form */
  return async (form) => {
    const { statusCode, body } = await pool.request({
      path,
      method: 'POST',
      headers,
      body: new URLSearchParams(form).toString(),
    });
    return { statusCode, answer: /** @type {any} */ (await body.json()) };
  };
}
