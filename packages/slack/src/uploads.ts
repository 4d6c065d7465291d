import {
  DeliveryError,
  isJsonObject,
  type Attachment,
  type Extra,
  type JsonObject,
  type Receipt,
} from '@trunkline/core';
import { teamFields, type SlackAddress } from './address.ts';
import { deliveryError } from './errors.ts';
import { objectAt, objectsAt, textAt } from './parse/fields.ts';
import { allowedMentions, escapeText } from './render/escape.ts';
import type { Sender } from './sender.ts';

/** A file whose bytes come with the response. */
export interface Upload {
  name: string;
  title: string | null;
  bytes: Buffer;
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
 * Uploads a file, and waits a moment until it is seen in the channel: Slack shares it later than it says,
 * and gives no other name to the message.
 *
 * @see Slack: files.getUploadURLExternal
 */
export async function upload(sender: Sender, file: Upload, extra: Extra): Promise<Receipt> {
  const { channel, thread, user } = sender.address;
  try {
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
  const channel = await channelOf(sender, place);
  const client = await clients.for(address);
  const { comment, mentions } = extra;
  let answer: JsonObject;
  try {
    const shared = {
      channel_id: channel,
      file: bytes,
      filename,
      title: title ?? filename,
      ...(typeof comment === 'string'
        ? { initial_comment: escapeText(comment, allowedMentions(mentions)) }
        : {}),
    };
    // Slack answers JSON.
    answer = (await client.filesUploadV2(
      thread === null ? shared : { ...shared, thread_ts: thread },
    )) as unknown as JsonObject;
  } catch (error) {
    throw deliveryError(options.name, 'files.uploadV2', error);
  }
  const fileId = textAt(objectsAt(objectsAt(answer, 'files')[0], 'files')[0], 'id');
  const receipt: Receipt = { ...teamFields(address), channel, fileId };
  const ts = fileId === null ? null : await sharedAt(sender, channel, fileId);
  if (ts === null) {
    options.logger?.warn(
      { channel: options.name, fileId },
      'a file was uploaded, and is not seen yet',
    );
  } else receipt['ts'] = ts;
  return receipt;
}

/** Files are shared in channels: a user's direct messages have to be opened first. */
async function channelOf({ services, address }: Sender, channel: string): Promise<string> {
  if (!/^[UW]/.test(channel)) return channel;
  const answer = await services.clients.call(address, 'conversations.open', { users: channel });
  return textAt(objectAt(answer, 'channel'), 'id') ?? channel;
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
