import type { IncomingMessage } from 'node:http';
import {
  isJsonObject,
  MalformedPayloadError,
  readBody,
  UnauthenticatedError,
} from '@trunkline/core';
import type { Accounts } from './accounts.ts';
import type { ResolvedSmsOptions } from './credentials.ts';
import type { Parameters } from './parse.ts';
import {
  isSignedByTwilio,
  shownUrl,
  signedUrl,
  type Parameter,
  type SignedRequest,
} from './verify.ts';

/**
 * Reads the parameters of a request that Twilio has signed.
 *
 * @throws UnauthenticatedError - it is not signed, or not for this URL (403).
 * @throws MalformedPayloadError - it is too large, or neither form nor JSON.
 */
export async function readSigned(
  req: IncomingMessage,
  options: Pick<ResolvedSmsOptions, 'name' | 'publicUrl' | 'trustProxy' | 'bodyLimitBytes'>,
  accounts: Accounts,
): Promise<Parameters> {
  const { name: channel, bodyLimitBytes } = options;
  const isJson = typeOf(channel, req) === 'json';
  const body = await readBody(req, { channel, limitBytes: bodyLimitBytes });
  const text = body.toString('utf8');
  const form = isJson ? null : formOf(text);
  const parameters = withoutEmpty(form ?? parametersOf(text));
  const header = req.headers['x-twilio-signature'];
  const signature = typeof header === 'string' ? header : '';
  const request = { signature, url: calledUrl(req, options), form, body };
  // Of an account that is not ours there is no token, and nothing that could be right.
  const tokens = accounts.tokensOf(parameters.get('AccountSid') ?? null);
  if (!isSignedByTwilio(request, tokens)) {
    throw unsigned(channel, request, signedUrl(request, tokens, otherUrls(req, options)));
  }
  return parameters;
}

/** Not by spreading: an iterator takes a fifth longer. */
function formOf(text: string): Parameter[] {
  const form: Parameter[] = [];
  new URLSearchParams(text).forEach((value, name) => form.push([name, value]));
  return form;
}

/** By their names: of several the last counts. */
function withoutEmpty(all: readonly Parameter[]): Parameters {
  const parameters = new Map<string, string>();
  for (const [name, value] of all) {
    if (value === '') parameters.delete(name);
    else parameters.set(name, value);
  }
  return parameters;
}

function typeOf(channel: string, req: IncomingMessage): 'form' | 'json' {
  const type = req.headers['content-type'] ?? '';
  if (FORM.test(type)) return 'form';
  if (JSON_TYPE.test(type)) return 'json';
  throw new MalformedPayloadError('a webhook of Twilio is a form, or JSON with bodySHA256', {
    channel,
    status: 415,
    code: 'unsupported_media_type',
  });
}

const FORM = /^\s*application\/x-www-form-urlencoded\s*(?:;|$)/i;
const JSON_TYPE = /^\s*application\/json\s*(?:;|$)/i;

/** Of JSON that is none there are no parameters: whether it is signed is asked first. */
function parametersOf(text: string): Parameter[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = null;
  }
  const entries = Object.entries(isJsonObject(json) ? json : {});
  return entries.flatMap(([name, value]): Parameter[] =>
    value === null
      ? []
      : [[name, typeof value === 'object' ? JSON.stringify(value) : String(value)]],
  );
}

/** The URL as Twilio has called it. */
function calledUrl(
  req: IncomingMessage,
  { publicUrl, trustProxy }: Pick<ResolvedSmsOptions, 'publicUrl' | 'trustProxy'>,
): string {
  if (publicUrl !== null) return publicUrl + pathAndQuery(req);
  return trustProxy ? (proxiedUrl(req) ?? directUrl(req)) : directUrl(req);
}

/** What else it may have called, to say so: never to let a request pass. */
function otherUrls(
  req: IncomingMessage,
  { publicUrl }: Pick<ResolvedSmsOptions, 'publicUrl'>,
): string[] {
  const own = publicUrl === null ? [] : [publicUrl + pathAndQuery(req)];
  return [...own, proxiedUrl(req) ?? [], directUrl(req)].flat();
}

function directUrl(req: IncomingMessage): string {
  const scheme = 'encrypted' in req.socket ? 'https' : 'http';
  return `${scheme}://${req.headers.host ?? ''}${pathAndQuery(req)}`;
}

function proxiedUrl(req: IncomingMessage): string | null {
  const first = (name: string): string | undefined =>
    req.headers[name]?.toString().split(',')[0]?.trim();
  const scheme = first('x-forwarded-proto');
  const host = first('x-forwarded-host') ?? req.headers.host;
  return scheme === undefined || host === undefined
    ? null
    : `${scheme}://${host}${pathAndQuery(req)}`;
}

/** Express takes what a router is mounted at off the URL, and keeps the whole beside. */
function pathAndQuery(req: IncomingMessage & { originalUrl?: unknown }): string {
  const { originalUrl, url = '/' } = req;
  return typeof originalUrl === 'string' ? originalUrl : url;
}

function unsigned(
  channel: string,
  { signature, url }: SignedRequest,
  meant: string | null,
): UnauthenticatedError {
  const options = { channel, status: 403 } as const;
  if (signature === '') {
    return new UnauthenticatedError('the request has no X-Twilio-Signature', options);
  }
  if (meant === null) {
    return new UnauthenticatedError(
      `the signature is not one of Twilio's for ${shownUrl(url)}: check auth_token, and whether publicUrl is what Twilio calls`,
      options,
    );
  }
  return new UnauthenticatedError(
    `the signature is good for ${shownUrl(meant)}, and the URL that was checked is ${shownUrl(url)}: set publicUrl to what is configured at Twilio`,
    { ...options, code: 'wrong_url' },
  );
}
