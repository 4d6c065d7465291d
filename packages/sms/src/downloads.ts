import { DeliveryError, type DeliveryErrorOptions, type UserAttachment } from '@trunkline/core';
import type { Accounts } from './accounts.ts';

/** How a file is downloaded. */
export interface DownloadOptions {
  /** Bytes that are read at most. @defaultValue 16,777,216 (16 MB) */
  limitBytes?: number;
  /** Ends it. */
  signal?: AbortSignal;
}

/** What a download works with. */
export interface DownloadContext {
  channel: string;
  accounts: Accounts;
  /** Where Twilio's API is. */
  apiUrl: string;
  timeoutMs: number;
}

/** More than Twilio takes from any platform. */
const LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * Downloads a file that came with a message, with the credentials of the account it came to. They go
 * to Twilio alone: `fetch` leaves them out where Twilio redirects to its storage.
 *
 * @throws DeliveryError - it is none of Twilio's, too large, or not given.
 * @see https://www.twilio.com/docs/messaging/api/media-resource
 */
export async function download(
  { channel, accounts, apiUrl, timeoutMs }: DownloadContext,
  { url }: UserAttachment,
  { limitBytes = LIMIT_BYTES, signal }: DownloadOptions = {},
): Promise<Buffer> {
  const fail = (why: string, about: Omit<DeliveryErrorOptions, 'channel'> = {}): never => {
    throw new DeliveryError(`the file cannot be downloaded: ${why}`, { channel, ...about });
  };
  const accountSid = accountIn(url, apiUrl);
  const account = accountSid === null ? null : accounts.of(accountSid);
  if (url === undefined || account === null)
    return fail('it is not at Twilio, in an account of ours');
  const login = Buffer.from(`${account.accountSid}:${account.authTokens[0]}`).toString('base64');
  const silence = new AbortController();
  // What comes is waited for, however long it takes: a film may be large, and the line slow.
  const timer = setTimeout(() => silence.abort(), timeoutMs).unref();
  let response: Response;
  try {
    response = await fetch(url, {
      headers: { authorization: `Basic ${login}` },
      signal: signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]),
    });
  } catch {
    signal?.throwIfAborted();
    return fail('Twilio does not answer', { retryable: true });
  }
  const { ok, status, body } = response;
  if (!ok || body === null) {
    await body?.cancel();
    const retryable = status >= 500 || status === 429;
    return fail(`Twilio answers HTTP ${status}`, { retryable, platformCode: String(status) });
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      timer.refresh();
      size += chunk.length;
      // Leaving the loop ends the transfer.
      if (size > limitBytes) break;
      chunks.push(chunk);
    }
  } catch {
    signal?.throwIfAborted();
    return fail('the transfer broke off', { retryable: true });
  } finally {
    clearTimeout(timer);
  }
  return size > limitBytes
    ? fail(`it is larger than ${limitBytes} bytes`)
    : Buffer.concat(chunks, size);
}

/** The account whose file it is; `null` where it is not at Twilio, who alone gets a login. */
function accountIn(url: string | undefined, apiUrl: string): string | null {
  if (url === undefined || !URL.canParse(url)) return null;
  const { origin, protocol, hostname, pathname } = new URL(url);
  const isTwilio = protocol === 'https:' && /^api(?:\.[\w-]+)*\.twilio\.com$/.test(hostname);
  if (!isTwilio && origin !== new URL(apiUrl).origin) return null;
  return /^\/2010-04-01\/Accounts\/(AC[0-9a-f]{32})\//i.exec(pathname)?.[1] ?? null;
}
