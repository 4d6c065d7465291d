import type { IncomingMessage } from 'node:http';
import { ConfigurationError, MalformedPayloadError, TurnAbortedError } from '../errors.ts';

/** How {@link readBody} reads. */
export interface ReadBodyOptions {
  /** The channel's name, for errors; `null` where it is no channel that reads. */
  channel: string | null;
  /** Bytes that are read at most. */
  limitBytes: number;
}

/** How {@link readJson} reads. */
export interface ReadJsonOptions extends ReadBodyOptions {
  /** Reads the text; MUST throw where it is no JSON. @defaultValue `JSON.parse` */
  parse?: (text: string) => unknown;
}

/**
 * How much of a body that is too large is read and forgotten, as a multiple of the limit, so that a
 * client that is still sending sees the answer instead of a reset connection.
 */
const FORGOTTEN_TIMES = 8;

/**
 * Reads a request's body, the raw bytes that signatures are made over.
 *
 * @throws MalformedPayloadError - the body is larger than the limit (413), or compressed (415).
 * @throws ConfigurationError - a body parser that is mounted ahead of us has read it already.
 * @throws TurnAbortedError - the client went away before it was done.
 */
export function readBody(req: IncomingMessage, options: ReadBodyOptions): Promise<Buffer> {
  const { channel, limitBytes } = options;
  return new Promise((resolve, reject) => {
    if (req.readableDidRead) {
      reject(bodyParserError(channel));
      return;
    }
    if (req.destroyed) {
      reject(new TurnAbortedError('disconnected', { channel }));
      return;
    }
    const encoding = req.headers['content-encoding'];
    if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
      reject(unsupportedEncoding(channel));
      return;
    }
    if (Number(req.headers['content-length']) > limitBytes * FORGOTTEN_TIMES) {
      reject(tooLarge(channel, limitBytes));
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    req.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limitBytes) chunks.push(chunk);
      else if (size > limitBytes * FORGOTTEN_TIMES) reject(tooLarge(channel, limitBytes));
    });
    req.on('end', () => {
      if (size > limitBytes) reject(tooLarge(channel, limitBytes));
      else resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size));
    });
    // Comes after every request, and means something only where the body had not ended.
    req.on('close', () => {
      if (!req.readableEnded) reject(new TurnAbortedError('disconnected', { channel }));
    });
    req.on('error', () => {});
  });
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/**
 * Reads a request's body as JSON.
 *
 * @throws MalformedPayloadError - it is not declared as JSON (415), or it is none (400).
 * @throws What {@link readBody} throws.
 */
export async function readJson(req: IncomingMessage, options: ReadJsonOptions): Promise<unknown> {
  if (!isJsonType(req.headers['content-type'])) {
    throw new MalformedPayloadError(
      'the body must be JSON in UTF-8: send the header "Content-Type: application/json"',
      { channel: options.channel, status: 415, code: 'unsupported_media_type' },
    );
  }
  const body = await readBody(req, options);
  try {
    const { parse = JSON.parse } = options;
    return parse(strictUtf8.decode(body)) as unknown;
  } catch {
    throw new MalformedPayloadError('the body is not valid JSON', {
      channel: options.channel,
      code: 'invalid_json',
    });
  }
}

/** `application/json`, or any type that ends in `+json`; UTF-8 if it names a character set. */
function isJsonType(contentType: string | undefined): boolean {
  if (contentType === 'application/json') return true;
  const match = /^application\/(?:json|[^\s;]+\+json)\s*(?:;(.*))?$/i.exec(contentType ?? '');
  if (!match) return false;
  const charset = /(?:^|;)\s*charset="?([^";\s]+)/i.exec(match[1] ?? '')?.[1];
  return charset === undefined || /^utf-?8$/i.test(charset);
}

/** Whether a parsed JSON value is nested deeper than `limit`: too deep to be written out again. */
export function isDeeperThan(value: unknown, limit: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (limit === 0) return true;
  return Object.values(value).some((item) => isDeeperThan(item, limit - 1));
}

function bodyParserError(channel: string | null): ConfigurationError {
  return new ConfigurationError(
    'the request body was read before it got here: mount Trunkline ahead of express.json() and other body parsers',
    { channel, code: 'body_already_read' },
  );
}

function unsupportedEncoding(channel: string | null): MalformedPayloadError {
  return new MalformedPayloadError('compressed bodies are not read here: send the body as it is', {
    channel,
    status: 415,
    code: 'unsupported_encoding',
  });
}

function tooLarge(channel: string | null, limitBytes: number): MalformedPayloadError {
  return new MalformedPayloadError(`the body is larger than ${limitBytes} bytes`, {
    channel,
    status: 413,
    code: 'body_too_large',
  });
}
