import { isDeeperThan, isJsonObject, type JsonObject, type Metadata } from '@trunkline/core';
import type { ErrorCode } from './protocol.ts';

/** A message or a choice. */
export interface SaidFrame {
  type: 'said';
  text: string;
  /** What was pressed; `null` where it was typed. */
  choice: { title: string; payload: string } | null;
  id: string | null;
  sender: string | null;
  metadata: Metadata | null;
  /** The frame as it came. */
  body: JsonObject;
}

/** What a frame says, with its fields checked and nothing left out. */
export type ParsedFrame =
  | SaidFrame
  | { type: 'resume'; session: string | null; token: string; seq: number }
  | { type: 'ping' }
  | { type: 'cancel'; id: string | null; sender: string | null }
  | { type: 'typing'; sender: string | null };

/** Why a frame is not taken. */
export interface FrameError {
  code: ErrorCode;
  message: string;
  id: string | null;
}

/** Characters of a sender id and of a message's id: they are keys, in memory and in stores. */
const MAX_KEY_LENGTH = 512;

/** Half of a surrogate pair. In UTF-8 all of them become the same, and different keys would be one. */
const HALF = /\p{Cs}/u;

/** Characters of a session's id and token, ours or somebody else's (a JSON Web Token). */
const MAX_TOKEN_LENGTH = 8_192;

/** How deep metadata may be nested: deeper, and it could not be written out again. */
const MAX_DEPTH = 64;

/**
 * Reads a text frame. Absent and `null` are the same, other keys are ignored, and a frame without a
 * `type` is a message: what Rasa's clients send.
 */
export function parseFrame(text: string): ParsedFrame | { error: FrameError } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refuse('not_json', 'a frame must be JSON, {"message":"Hi"} say', null);
  }
  if (!isJsonObject(json)) {
    return refuse('not_an_object', 'a frame must be a JSON object, {"message":"Hi"} say', null);
  }
  const reader = new FieldReader(json);
  const frame = read(typeOf(json), reader);
  if (reader.error !== null) return refuse('invalid_field', reader.error, reader.id);
  return frame ?? refuse('unknown_type', `"type" must be one of ${TYPES.join(', ')}`, reader.id);
}

const TYPES = ['message', 'choice', 'resume', 'ping', 'cancel', 'typing'];

function typeOf({ type = null }: JsonObject): string {
  if (type === null) return 'message';
  return typeof type === 'string' ? type : '';
}

function read(type: string, fields: FieldReader): ParsedFrame | null {
  switch (type) {
    case 'message': {
      const text = fields.text('message', Number.MAX_SAFE_INTEGER) ?? fields.missing('message');
      return { type: 'said', text, choice: null, ...fields.said() };
    }
    case 'choice': {
      const payload = fields.text('payload', Number.MAX_SAFE_INTEGER) ?? fields.missing('payload');
      const title = fields.text('title', Number.MAX_SAFE_INTEGER) ?? payload;
      return { type: 'said', text: payload, choice: { title, payload }, ...fields.said() };
    }
    case 'resume': {
      const session = fields.text('session', MAX_TOKEN_LENGTH);
      const token = fields.text('token', MAX_TOKEN_LENGTH) ?? fields.missing('token');
      return { type: 'resume', session, token, seq: fields.count('seq') };
    }
    case 'ping':
      return { type: 'ping' };
    case 'cancel':
      return { type: 'cancel', id: fields.name(), sender: fields.sender() };
    case 'typing':
      return { type: 'typing', sender: fields.sender() };
    default:
      return null;
  }
}

/** Reads the fields of one frame, and remembers the first that is wrong. */
class FieldReader {
  error: string | null = null;
  readonly #json: JsonObject;

  constructor(json: JsonObject) {
    this.#json = json;
  }

  /** The frame's own name; `null` also where it is none. */
  get id(): string | null {
    const id = this.#json['id'];
    return typeof id === 'string' && isName(id) ? id : null;
  }

  /** The same, where it matters. */
  name(): string | null {
    const { id = null } = this.#json;
    if (id !== null && this.id === null) {
      this.#fail(`"id" must be a text of 1 to ${MAX_KEY_LENGTH} characters, none of them a half`);
    }
    return this.id;
  }

  said(): Pick<SaidFrame, 'id' | 'sender' | 'metadata' | 'body'> {
    const { metadata = null } = this.#json;
    if (isDeeperThan(metadata, MAX_DEPTH)) {
      this.#fail(`"metadata" is nested deeper than ${MAX_DEPTH} levels`);
    }
    return {
      id: this.name(),
      sender: this.sender(),
      // Any JSON passes, as in Rasa; see the type.
      metadata: metadata as Metadata | null,
      body: this.#json,
    };
  }

  sender(): string | null {
    const { sender = null } = this.#json;
    if (typeof sender === 'number') {
      // It was rounded when it was read, and may stand for somebody else's by now.
      const isRounded = Math.abs(sender) > Number.MAX_SAFE_INTEGER;
      if (isRounded) this.#fail('"sender" is a number beyond 53 bits: send it as a text');
      return String(sender);
    }
    if (sender === null || typeof sender !== 'string') {
      if (sender !== null) this.#fail('"sender" must be a text or a number');
      return null;
    }
    if (HALF.test(sender)) this.#fail('"sender" must not have halves of characters');
    return this.text('sender', MAX_KEY_LENGTH);
  }

  text(key: string, maxLength: number): string | null {
    const value = this.#json[key] ?? null;
    if (value === null) return null;
    if (typeof value !== 'string') {
      this.#fail(`"${key}" must be a text`);
      return '';
    }
    if (isLonger(value, maxLength)) this.#fail(`"${key}" may have ${maxLength} characters at most`);
    return value;
  }

  count(key: string): number {
    const value = this.#json[key] ?? 0;
    if (Number.isSafeInteger(value) && Number(value) >= 0) return Number(value);
    this.#fail(`"${key}" must be a whole number of at least 0`);
    return 0;
  }

  missing(key: string): string {
    this.#fail(`"${key}" is missing`);
    return '';
  }

  #fail(error: string): void {
    this.error ??= error;
  }
}

function isName(id: string): boolean {
  return id !== '' && !isLonger(id, MAX_KEY_LENGTH) && !HALF.test(id);
}

/** Whether a text has more characters than this: code points, as a JSON Schema counts them. */
function isLonger(text: string, maxLength: number): boolean {
  if (text.length <= maxLength) return false;
  // At most two units each.
  return text.length > 2 * maxLength || Array.from(text).length > maxLength;
}

function refuse(code: ErrorCode, message: string, id: string | null): { error: FrameError } {
  return { error: { code, message, id } };
}
