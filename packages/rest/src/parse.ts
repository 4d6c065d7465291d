import { isDeeperThan, isJsonObject, MalformedPayloadError, type Metadata } from '@trunkline/core';

/** What a body says. */
export interface RestMessage {
  /** `null` where the body names no sender. */
  senderId: string | null;
  text: string | null;
  inputChannel: string;
  metadata: Metadata | null;
}

/** Characters of a sender id. Ids are keys, in memory and in stores. */
const MAX_SENDER_LENGTH = 512;

/** How deep metadata may be nested: deeper, and it could not be written out again. */
const MAX_DEPTH = 64;

/**
 * Reads a parsed body, `{ sender, message, input_channel, metadata }`. Absent and `null` are the
 * same; other keys are ignored.
 *
 * @throws MalformedPayloadError - it is no object, or a key has the wrong type.
 */
export function parseBody(channel: string, body: unknown): RestMessage {
  const malformed = (detail: string, code: string): MalformedPayloadError =>
    new MalformedPayloadError(detail, { channel, code });
  if (!isJsonObject(body)) {
    throw malformed(
      'the body must be a JSON object such as {"sender":"me","message":"Hi"}',
      'no_object',
    );
  }
  const { sender = null, message = null, metadata = null } = body;
  if (message !== null && typeof message !== 'string') {
    throw malformed('"message" must be a text', 'invalid_message');
  }
  if (sender !== null && typeof sender !== 'string' && typeof sender !== 'number') {
    throw malformed('"sender" must be a text or a number', 'invalid_sender');
  }
  if (typeof sender === 'number' && Math.abs(sender) > Number.MAX_SAFE_INTEGER) {
    // It was rounded when it was read, and may stand for somebody else's by now.
    throw malformed('"sender" is a number beyond 53 bits: send it as a text', 'invalid_sender');
  }
  if (typeof sender === 'string' && sender.length > MAX_SENDER_LENGTH) {
    throw malformed(`"sender" may have ${MAX_SENDER_LENGTH} characters at most`, 'invalid_sender');
  }
  // As in Rasa, anything that counts as nothing stands for the channel itself.
  const inputChannel = body['input_channel'] || channel;
  if (typeof inputChannel !== 'string') {
    throw malformed('"input_channel" must be a text', 'invalid_input_channel');
  }
  if (isDeeperThan(metadata, MAX_DEPTH)) {
    throw malformed(`"metadata" is nested deeper than ${MAX_DEPTH} levels`, 'invalid_metadata');
  }
  return {
    senderId: sender === null ? null : String(sender),
    text: message,
    inputChannel,
    // Any JSON passes, as in Rasa; see the type.
    metadata: metadata as Metadata | null,
  };
}
