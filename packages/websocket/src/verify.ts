import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { queryOf, UnauthenticatedError, verifySubject } from '@trunkline/core';
import type { ResolvedAuth } from './credentials.ts';

/** What a client brings to the upgrade. */
export interface Entrance {
  session: string | null;
  token: string | null;
  seq: number;
}

/** What a token of a session looks like that was issued here. */
const ISSUED = /^[-\w]{32}$/;

/**
 * Reads the query and the `Authorization` header. A `seq` that is no number is 0: all there is.
 *
 * @param isIssued - Whether tokens are ours. A proxy ahead of us may put one of its own into the header.
 */
export function entranceOf(req: IncomingMessage, isIssued: boolean): Entrance {
  const query = queryOf(req);
  const given = /^Bearer +(\S+)$/i.exec(req.headers.authorization ?? '')?.[1];
  const bearer = isIssued && !ISSUED.test(given ?? '') ? null : given;
  const seq = Number(query.get('seq') ?? 0);
  return {
    session: query.get('session') || null,
    token: bearer ?? (query.get('token') || null),
    seq: Number.isSafeInteger(seq) && seq > 0 ? seq : 0,
  };
}

/**
 * Whether a page of this origin may connect. Browsers do not ask before they open a socket, and send
 * the user's cookies along: this is what keeps other people's pages out.
 *
 * @see RFC 6455, section 10.2
 */
export function isOriginAllowed(
  req: IncomingMessage,
  origins: true | readonly string[] | null,
): boolean {
  const { origin, host } = req.headers;
  if (origin === undefined || origins === true) return true;
  if (origins !== null) return origins.includes(origin);
  // A sandboxed page has the origin `null`, which is no URL.
  if (host === undefined || !URL.canParse(origin)) return false;
  const page = new URL(origin);
  // Proxies may name the port that a browser leaves out: nginx with `$host:$server_port`, say.
  const hosts = [page.host, page.host + (USUAL_PORTS[page.protocol] ?? '')];
  return hosts.includes(host.toLowerCase());
}

const USUAL_PORTS: Readonly<Record<string, string>> = { 'http:': ':80', 'https:': ':443' };

/** The sender that a token names, or that a function knows. @throws UnauthenticatedError */
export async function authenticate(
  channel: string,
  req: IncomingMessage,
  token: string | null,
  auth: Exclude<ResolvedAuth, { type: 'none' }>,
): Promise<string> {
  if (auth.type === 'jwt') {
    if (token === null) throw new UnauthenticatedError('send a token', { channel });
    return await verifySubject(channel, token, auth);
  }
  const found = await auth.authenticate(req, token);
  if (typeof found?.sender === 'string' && found.sender !== '') return found.sender;
  throw new UnauthenticatedError('the client was not recognised', { channel });
}

/** The name of a token in the store: who reads the store cannot use it. */
export function digestOf(token: string): string {
  return hash('sha256', token, 'base64url');
}

/** In constant time. */
export function isDigestOf(token: string, digest: string): boolean {
  const [a, b] = [Buffer.from(digestOf(token)), Buffer.from(digest)];
  return a.length === b.length && timingSafeEqual(a, b);
}
