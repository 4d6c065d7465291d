import { request, type IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '@trunkline/core';

/** A request to a channel, as its platform makes it. */
export interface ChannelRequest {
  /** The path below the channel's prefix, with its query. @defaultValue `/webhook` */
  path?: string;
  /** Its method. @defaultValue `POST` */
  method?: string;
  /** Its headers: signature, content type. */
  headers?: Readonly<Record<string, string>>;
  /** Its body. An object is sent as JSON, and declared as such unless the headers say otherwise. */
  body?: string | Uint8Array | JsonObject;
}

/** What a channel answered. */
export interface Answer {
  /** The HTTP status. */
  status: number;
  /** The headers, their names in lower case. */
  headers: IncomingHttpHeaders;
  /** The body, as text. */
  body: string;
}

/**
 * Makes a request, over a connection of its own. Not with `fetch`, which tests of channels like to
 * replace.
 */
export function send(
  url: string,
  { method = 'POST', ...rest }: ChannelRequest,
  signal: AbortSignal,
): Promise<Answer> {
  const isJson = typeof rest.body === 'object' && !(rest.body instanceof Uint8Array);
  const body = Buffer.from(isJson ? JSON.stringify(rest.body) : ((rest.body ?? '') as string));
  const headers: Record<string, string> = {
    ...(isJson ? { 'content-type': 'application/json' } : {}),
    ...lowerCased(rest.headers),
    ...(body.length > 0 || method === 'POST' ? { 'content-length': String(body.length) } : {}),
  };
  return new Promise((resolve, reject) => {
    const req = request(url, { method, headers, agent: false, signal }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('error', reject);
      res.on('end', () => {
        const { statusCode: status = 0, headers: answered } = res;
        resolve({ status, headers: answered, body: Buffer.concat(chunks).toString() });
      });
    });
    req.on('error', reject);
    req.end(body);
  });
}

function lowerCased(headers: ChannelRequest['headers'] = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
