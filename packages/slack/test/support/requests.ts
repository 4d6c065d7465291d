import { readFileSync } from 'node:fs';
import type { JsonObject } from '@trunkline/core';
import type { ChannelRequest } from '@trunkline/testing';
import { signatureOf } from '../../src/verify.ts';
import { BOT, CHANNEL, SECRET, TEAM } from './slack.ts';

/** How a request is signed. */
export interface Signing {
  secret?: string;
  /** Seconds since 1970. */
  timestamp?: number | string;
  headers?: Record<string, string>;
}

/** A payload as Slack sends it, from `test/fixtures`. */
export function fixture(name: string): JsonObject {
  const url = new URL(`../fixtures/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as JsonObject;
}

/** A signed request. */
export function signed(body: string, type: string, options: Signing = {}): ChannelRequest {
  const { secret = SECRET, timestamp = Math.floor(Date.now() / 1000), headers = {} } = options;
  return {
    path: '/webhook',
    headers: {
      'content-type': type,
      'x-slack-request-timestamp': String(timestamp),
      'x-slack-signature': signatureOf(secret, String(timestamp), body),
      ...headers,
    },
    body,
  };
}

/** A signed request with JSON: an event. */
export function json(body: JsonObject, options?: Signing): ChannelRequest {
  return signed(JSON.stringify(body), 'application/json', options);
}

/** A signed request with a form: an interaction, or a slash command. */
export function form(fields: Record<string, string>, options?: Signing): ChannelRequest {
  const type = 'application/x-www-form-urlencoded';
  return signed(new URLSearchParams(fields).toString(), type, options);
}

/** A signed interaction. */
export function interaction(payload: JsonObject, options?: Signing): ChannelRequest {
  return form({ payload: JSON.stringify(payload) }, options);
}

let count = 0;

/** The time of a message, which names it: a new one at each call. */
export function newTs(): string {
  return `1700000001.${String(++count).padStart(6, '0')}`;
}

/** An event around what a user says. */
export function said(event: JsonObject, envelope: JsonObject = {}): JsonObject {
  const ts = newTs();
  return {
    ...fixture('message-im'),
    event_id: `Ev${ts}`,
    team_id: TEAM,
    authorizations: [
      {
        enterprise_id: null,
        team_id: TEAM,
        user_id: BOT,
        is_bot: true,
        is_enterprise_install: false,
      },
    ],
    ...envelope,
    event: {
      type: 'message',
      user: 'U1',
      team: TEAM,
      channel: CHANNEL,
      channel_type: 'channel',
      ts,
      event_ts: ts,
      ...event,
    },
  };
}

/** A direct message. */
export function direct(text: string, user = 'U1'): JsonObject {
  return said({ text, user, channel: `D${user}`, channel_type: 'im' });
}

/** A text as Slack escapes it. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
