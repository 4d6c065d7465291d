import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { parse, stringify } from 'node:querystring';

/** A parameter of a form: its name and its value, decoded. */
export type Parameter = readonly [name: string, value: string];

/** What a request from Twilio is checked against. */
export interface SignedRequest {
  /** The header `X-Twilio-Signature`; empty where there is none. */
  signature: string;
  /** The URL as Twilio called it, without a fragment. */
  url: string;
  /** The form's parameters as they came, empty and unknown ones included; `null` for a body of JSON. */
  form: readonly Parameter[] | null;
  /** The body as it came. */
  body: Uint8Array;
}

/**
 * Whether Twilio has signed the request with one of the account's auth tokens: the signature is the
 * HMAC-SHA1 of the URL and, of a form, of all its parameters. That of JSON is in the URL as a hash.
 *
 * @see https://www.twilio.com/docs/usage/webhooks/webhooks-security
 */
export function isSignedByTwilio(request: SignedRequest, tokens: readonly string[]): boolean {
  const { signature, url, form, body } = request;
  if (signature === '' || (form === null && !hasHashOf(url, body))) return false;
  const parameters = form === null ? '' : signedParameters(form);
  const isGoodFor = (tried: string): boolean =>
    tokens.some((token) => isEqual(signature, signatureOf(token, tried + parameters)));
  // Twilio leaves out the port or names it, whatever is configured.
  const isGood = isGoodFor(url) || isGoodFor(withoutPort(url)) || isGoodFor(withDefaultPort(url));
  return isGood || escapedAnew(url).some(isGoodFor);
}

/**
 * A URL as libraries write it, which escape more or less than what was configured: not all of Twilio signs the
 * same, and its own SDK takes these as well. Only those that are others; most URLs have none.
 */
function escapedAnew(url: string): string[] {
  if (!URL.canParse(url)) return [];
  const { href } = new URL(url);
  const bare = withoutPort(href);
  const withPort = withDefaultPort(href);
  const all = new Set([bare, withPort, withLegacyQuery(bare), withLegacyQuery(withPort)]);
  for (const tried of [url, withoutPort(url), withDefaultPort(url)]) all.delete(tried);
  return [...all];
}

function withLegacyQuery(url: string): string {
  const [path = '', ...query] = url.split('?');
  return query.length === 0 ? url : `${path}?${stringify(parse(query.join('?')))}`;
}

/**
 * The URL that the signature is good for, if it is not the one that was checked: what a proxy
 * changes most often. `null` if it is good for none of them.
 *
 * @param candidates - URLs that Twilio may have called.
 */
export function signedUrl(
  request: SignedRequest,
  tokens: readonly string[],
  candidates: readonly string[],
): string | null {
  const variants = candidates.flatMap((url) => [url, swapScheme(url), swapSlash(url)]);
  return variants.find((url) => isSignedByTwilio({ ...request, url }, tokens)) ?? null;
}

/** A URL for a log or an answer: what may be secret in it is left out. */
export function shownUrl(url: string): string {
  return url.replace(/^(\w+:\/\/)[^/?#]*@/, '$1').replace(/\?.*$/, '?…');
}

function signatureOf(token: string, text: string): string {
  return createHmac('sha1', token).update(text).digest('base64');
}

/** Names and values, sorted by name. Of equal pairs one counts. */
function signedParameters(form: readonly Parameter[]): string {
  let signed = '';
  let last: Parameter | null = null;
  for (const parameter of form.toSorted(byName)) {
    if (last === null || byName(parameter, last) !== 0) signed += parameter[0] + parameter[1];
    last = parameter;
  }
  return signed;
}

function byName(a: Parameter, b: Parameter): number {
  if (a[0] !== b[0]) return a[0] < b[0] ? -1 : 1;
  return a[1] < b[1] ? -1 : Number(a[1] > b[1]);
}

/** Whether the URL names the hash of the body. */
function hasHashOf(url: string, body: Uint8Array): boolean {
  const query = url.indexOf('?');
  const hash = query === -1 ? null : new URLSearchParams(url.slice(query)).get('bodySHA256');
  return hash !== null && isEqual(hash, createHash('sha256').update(body).digest('hex'));
}

function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Scheme with user, host, port, and all that follows. Not by `URL`, which would rewrite what was signed. */
const PARTS = /^(\w+:\/\/(?:[^/?#]*@)?(?:\[[^\]]*\]|[^/?#:]*))(:\d+)?(.*)$/s;

function withoutPort(url: string): string {
  return url.replace(PARTS, '$1$3');
}

function withDefaultPort(url: string): string {
  const port = url.startsWith('https:') ? ':443' : ':80';
  return url.replace(
    PARTS,
    (_, host: string, own: string | undefined, rest: string) => host + (own ?? port) + rest,
  );
}

function swapScheme(url: string): string {
  return url.startsWith('https:') ? `http:${url.slice(6)}` : `https:${url.slice(5)}`;
}

function swapSlash(url: string): string {
  const [path = '', ...query] = url.split('?');
  const swapped = path.endsWith('/') ? path.slice(0, -1) : `${path}/`;
  return [swapped, ...query].join('?');
}
