import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { isJsonObject, MalformedPayloadError, type JsonObject } from '@trunkline/core';

/** What Slack sends to one URL. */
export type SlackRequest =
  | { kind: 'ssl_check' }
  | { kind: 'challenge'; challenge: string }
  | { kind: 'event'; envelope: JsonObject }
  | { kind: 'interaction'; payload: JsonObject }
  | { kind: 'command'; form: JsonObject }
  | { kind: 'unknown'; type: string };

/** Whether a body is a form. Its type may carry a character set. */
export function isForm(headers: IncomingHttpHeaders): boolean {
  return mediaType(headers) === 'application/x-www-form-urlencoded';
}

/**
 * Whether a form does nothing but check the certificate. Such requests are not signed: whatever else is
 * in them is not looked at.
 */
export function isSslCheck(body: Buffer): boolean {
  return (
    body.includes('ssl_check=1') && new URLSearchParams(body.toString()).get('ssl_check') === '1'
  );
}

/** Reads a body whose signature is good. @throws MalformedPayloadError */
export function readRequest(
  channel: string,
  headers: IncomingHttpHeaders,
  body: Buffer,
): SlackRequest {
  if (!isForm(headers)) return jsonRequest(objectOf(channel, textOf(channel, body)));
  const form = Object.fromEntries(new URLSearchParams(body.toString()));
  const { payload, command } = form;
  if (payload !== undefined) return { kind: 'interaction', payload: objectOf(channel, payload) };
  if (command !== undefined) return { kind: 'command', form };
  return { kind: 'unknown', type: 'a form without payload or command' };
}

function jsonRequest(body: JsonObject): SlackRequest {
  const { type, challenge } = body;
  if (type === 'url_verification' && typeof challenge === 'string') {
    return { kind: 'challenge', challenge };
  }
  if (type === 'event_callback') return { kind: 'event', envelope: body };
  return { kind: 'unknown', type: typeof type === 'string' ? type : 'none' };
}

function textOf(channel: string, body: Buffer): string {
  if (!isUtf8(body)) throw malformed(channel);
  return body.toString();
}

function objectOf(channel: string, text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed(channel);
  }
  if (!isJsonObject(value)) throw malformed(channel);
  return value;
}

function malformed(channel: string): MalformedPayloadError {
  return new MalformedPayloadError('the body is neither a JSON object nor a form with one', {
    channel,
    code: 'invalid_json',
  });
}

function mediaType(headers: IncomingHttpHeaders): string {
  const type = headers['content-type'] ?? '';
  if (type === 'application/json') return type;
  return type.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
