import { DeliveryError, type UserAttachment } from '@trunkline/core';
import { teamOf } from './address.ts';
import type { Clients, Team } from './clients.ts';
import { isCredentialsError } from './errors.ts';
import { objectAt } from './parse/fields.ts';
import { attachmentsOf } from './parse/files.ts';

/** How a file is fetched. */
export interface DownloadOptions {
  /** Bytes that are fetched at most. @defaultValue 20,971,520 (20 MB) */
  limitBytes?: number;
}

const MAX_REDIRECTS = 3;

/** What a download works with. */
export interface DownloadContext {
  clients: Clients;
  /** The channel's name, for errors. */
  name: string;
  apiUrl: string;
}

/**
 * Fetches a file that came with a message. The token goes to Slack's own hosts, and nowhere else.
 *
 * @throws DeliveryError - it is too large, gone, or not for the bot to read.
 */
export async function download(
  context: DownloadContext,
  attachment: UserAttachment,
  options: DownloadOptions = {},
): Promise<Buffer> {
  try {
    return await fetched(context, attachment, options);
  } catch (error) {
    if (error instanceof DeliveryError) throw error;
    const text = 'the file cannot be fetched: there is no answer, or it broke off';
    throw new DeliveryError(text, { channel: context.name, retryable: true, cause: error });
  }
}

/** @param refused - The token that Slack has given its page to before. */
async function fetched(
  context: DownloadContext,
  attachment: UserAttachment,
  options: DownloadOptions,
  refused: string | null = null,
): Promise<Buffer> {
  const { clients, name, apiUrl } = context;
  const { limitBytes = 20 * 1024 * 1024 } = options;
  const fail = (text: string, platformCode: string | null = null): never => {
    throw new DeliveryError(`the file cannot be fetched: ${text}`, { channel: name, platformCode });
  };
  const { id = null, team: teamId = null, enterprise = null } = attachment;
  const team = teamOf({ team: teamId, enterprise });
  const source = attachment.url === undefined ? await sourceOf(clients, team, id) : attachment;
  let { url } = source;
  const { mimeType, sizeBytes = 0 } = source;
  if (url === undefined) return fail('Slack tells no address of it');
  if (sizeBytes > limitBytes) return fail(`it is larger than ${limitBytes} bytes`);
  const transport = await clients.transport();
  const token = await clients.token(team);
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const isSlacks = isSlack(url, apiUrl);
    if (hops === 0 && !isSlacks) return fail('it is not at Slack');
    const headers: Record<string, string> = isSlacks ? { authorization: `Bearer ${token}` } : {};
    const { statusCode, headers: answered, body } = await transport.get(url, headers);
    const { location, 'content-type': type } = answered;
    if (statusCode >= 300 && statusCode < 400 && typeof location === 'string') {
      await body.dump();
      url = new URL(location, url).href;
      continue;
    }
    // Slack's page for those who may not read files, or are nobody any more, has status 200.
    const isPage =
      String(type).startsWith('text/html') && mimeType?.startsWith('text/html') !== true;
    if (statusCode !== 200 || isPage) {
      await body.dump();
      if (isPage) {
        const valid = await validToken(clients, team, token);
        if (valid !== token && refused === null)
          return await fetched(context, attachment, options, token);
        return fail('add the scope files:read, and install the app again', 'missing_scope');
      }
      return fail(`it was answered ${statusCode}`, `http_${statusCode}`);
    }
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      // Leaving the loop ends the transfer.
      if (size > limitBytes) return fail(`it is larger than ${limitBytes} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, size);
  }
  return fail('it is redirected again and again');
}

/**
 * The token that Slack takes: another one, if it has been replaced meanwhile.
 *
 * @throws DeliveryError - Slack takes none, and says why.
 */
async function validToken(clients: Clients, team: Team, token: string): Promise<string> {
  try {
    await clients.call(team, 'auth.test', {});
    return await clients.token(team);
  } catch (error) {
    if (error instanceof DeliveryError && isCredentialsError(error)) throw error;
    return token;
  }
}

/** In Slack Connect, a file may come with nothing but its id. */
async function sourceOf(
  clients: Clients,
  team: Team,
  id: unknown,
): Promise<Partial<UserAttachment>> {
  if (typeof id !== 'string') return {};
  const file = objectAt(await clients.call(team, 'files.info', { file: id }), 'file');
  const [attachment] = attachmentsOf({ files: [file] }, team);
  return attachment ?? {};
}

function isSlack(url: string, apiUrl: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, origin } = new URL(url);
  if (origin === new URL(apiUrl).origin) return true;
  return protocol === 'https:' && /(?:^|\.)(?:slack|slack-files|slack-gov)\.com$/.test(hostname);
}
