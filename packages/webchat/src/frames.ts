import type { LoggedFrame, ServerFrame } from './wire.ts';

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string';
const number: Check = (value) => Number.isSafeInteger(value);
const flag: Check = (value) => typeof value === 'boolean';
const json: Check = (value) => value !== undefined;
const objects: Check = (value) => Array.isArray(value) && value.every(isObject);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

const LOGGED = { id: text, seq: number };

/** The fields that the client relies on, by type. */
const FIELDS = {
  text: { ...LOGGED, text },
  image: { ...LOGGED, image: text },
  attachment: { ...LOGGED, attachment: json },
  buttons: { ...LOGGED, text, buttons: objects },
  quick_replies: { ...LOGGED, text, quick_replies: objects },
  elements: { ...LOGGED, elements: objects },
  custom: { ...LOGGED, custom: json },
  user: { ...LOGGED, text, client_id: optional(text), choice: optional(isObject) },
  stream_start: LOGGED,
  stream_chunk: { id: text, offset: number, chunk: text },
  stream_end: { ...LOGGED, text },
  session: {
    session: text,
    token: orNull(text),
    seq: number,
    resumed: flag,
    max_frame_bytes: optional(number),
  },
  gap: { missing: orNull(number) },
  typing: {},
  ack: { id: text, seq: optional(number) },
  error: { code: text, message: text, id: optional(text) },
  pong: {},
} satisfies Record<ServerFrame['type'], Record<string, Check>>;

/** Reads what came over the socket; `null` where it is nothing that this client knows. */
export function parseServerFrame(data: unknown): ServerFrame | null {
  if (typeof data !== 'string') return null;
  let frame: unknown;
  try {
    frame = JSON.parse(data);
  } catch {
    return null;
  }
  if (!isObject(frame) || typeof frame['type'] !== 'string') return null;
  if (!Object.hasOwn(FIELDS, frame['type'])) return null;
  const checks: Record<string, Check> = FIELDS[frame['type'] as ServerFrame['type']];
  const isWhole = Object.entries(checks).every(([name, check]) => check(frame[name]));
  // Every field that the client reads has been looked at.
  return isWhole ? (frame as unknown as ServerFrame) : null;
}

/** Whether a frame is part of the conversation. */
export function isLogged(frame: ServerFrame): frame is LoggedFrame {
  return 'seq' in frame && frame.type !== 'session' && frame.type !== 'ack';
}

/** Whether a value is a JSON object: neither an array nor `null`. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
