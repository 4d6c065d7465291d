import {
  DeliveryError,
  isJsonObject,
  type Attachment,
  type Extra,
  type Receipt,
} from '@trunkline/core';
import { teamFields, type SlackAddress } from './address.ts';
import { readerOf, threadOf } from './arguments.ts';
import { openedChannel } from './direct.ts';
import { objectAt, objectsAt, textAt } from './parse/fields.ts';
import { allowedMentions, escapeText } from './render/escape.ts';
import type { Sender } from './sender.ts';

/** A file whose bytes come with the response. */
export interface Upload {
  name: string;
  title: string | null;
  bytes: Buffer<ArrayBuffer>;
}

/** How often Slack is asked whether the file is in the channel, and how long apart, in milliseconds. */
const LOOKS = 3;
const LOOK_MS = 500;

/** The file to upload: `{ name, data }` in base64, or `{ name, content }` as text. `null` for a link. */
export function uploadOf(attachment: Attachment): Upload | null {
  if (!isJsonObject(attachment)) return null;
  const { data, content } = attachment;
  const text = typeof data === 'string' ? data : content;
  if (typeof text !== 'string') return null;
  return {
    name: textAt(attachment, 'name') ?? 'file',
    title: textAt(attachment, 'title'),
    bytes: Buffer.from(text, typeof data === 'string' ? 'base64' : 'utf8'),
  };
}

/**
 * Uploads a file in Slack's three steps, of which only the last one shows it to anybody, and waits a moment
 * until it is seen in the channel: Slack shares it later than it says, and gives no other name to the message.
 *
 * @see Slack: files.getUploadURLExternal
 */
export async function upload(sender: Sender, file: Upload, extra: Extra): Promise<Receipt> {
  const { channel, user } = sender.address;
  const reader = readerOf(extra, sender.address);
  // In a channel, everybody would see it.
  if (reader !== null)
    return await uploadTo({ channel: reader, thread: null }, sender, file, extra);
  try {
    const thread = threadOf(extra, sender.address);
    return await uploadTo({ channel, thread }, sender, file, extra);
  } catch (error) {
    if (user === null || !sender.canGoDirect(error)) throw error;
    return await uploadTo({ channel: user, thread: null }, sender, file, extra);
  }
}

async function uploadTo(
  { channel: place, thread }: Pick<SlackAddress, 'channel' | 'thread'>,
  sender: Sender,
  file: Upload,
  extra: Extra,
): Promise<Receipt> {
  const { services, address } = sender;
  const { clients, options } = services;
  const { name: filename, title, bytes } = file;
  if (bytes.length === 0) {
    throw new DeliveryError('an empty file cannot be uploaded', { channel: options.name });
  }
  const channel = await openedChannel(clients, address, place);
  const { comment, mentions } = extra;
  const fileId = await untilShared(() => stored(sender, filename, bytes));
  await clients.call(address, 'files.completeUploadExternal', {
    files: [{ id: fileId, title: title ?? filename }],
    channel_id: channel,
    ...(thread === null ? {} : { thread_ts: thread }),
    ...(typeof comment === 'string'
      ? { initial_comment: escapeText(comment, allowedMentions(mentions)) }
      : {}),
  });
  await sender.noteThread(channel, thread);
  const receipt: Receipt = { ...teamFields(address), channel, fileId };
  const ts = await sharedAt(sender, channel, fileId);
  if (ts === null) {
    options.logger?.warn(
      { channel: options.name, fileId },
      'a file was uploaded, and is not seen yet',
    );
  } else receipt['ts'] = ts;
  return receipt;
}

/** Puts the bytes where Slack wants them. Nobody sees them yet. Resolves to the file's id. */
async function stored(
  { services, address }: Sender,
  filename: string,
  bytes: Buffer<ArrayBuffer>,
): Promise<string> {
  const { clients, options } = services;
  const args = { filename, length: bytes.length };
  const answer = await clients.call(address, 'files.getUploadURLExternal', args);
  const [url, id] = [textAt(answer, 'upload_url'), textAt(answer, 'file_id')];
  if (url === null || id === null) {
    throw new DeliveryError('Slack tells no address to upload a file to', {
      channel: options.name,
    });
  }
  await clients.upload(url, bytes);
  return id;
}

/** What fails before a file is shared has not arrived, also where nobody knows how far it came. */
async function untilShared<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DeliveryError) || !error.mayHaveArrived) throw error;
    const { channel, code, platformCode, retryable, retryAfterMs } = error;
    const about = { channel, code, platformCode, retryable, retryAfterMs, cause: error };
    const text = 'the file could not be uploaded, and is in no channel';
    throw new DeliveryError(text, { ...about, mayHaveArrived: false });
  }
}

/** The message that a file is in; `null` if it is not seen, or may not be looked at. */
async function sharedAt(
  { services, address }: Sender,
  channel: string,
  fileId: string,
): Promise<string | null> {
  const { clients, options } = services;
  for (let look = 0; look < LOOKS; look++) {
    if (look > 0) await new Promise<void>((done) => void options.clock.after(LOOK_MS * look, done));
    try {
      const answer = await clients.call(address, 'files.info', { file: fileId });
      const shares = objectAt(objectAt(answer, 'file'), 'shares');
      for (const kind of ['public', 'private']) {
        const ts = textAt(objectsAt(objectAt(shares, kind), channel)[0], 'ts');
        if (ts !== null) return ts;
      }
    } catch {
      // The file is there; that it cannot be looked at (scope files:read) changes nothing.
      return null;
    }
  }
  return null;
}
