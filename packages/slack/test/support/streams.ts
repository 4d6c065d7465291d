import type { JsonObject } from '@trunkline/core';

/** A streamed message, as its reader has it. */
export interface FakeStream {
  channel: string;
  thread: string | null;
  text: string;
  isOpen: boolean;
  blocks: unknown;
  startedAt: number;
}

/** The streams of Slack, which the emulator does not have: `chat.startStream` and its like. */
export class FakeStreams {
  readonly all: Map<string, FakeStream> = new Map<string, FakeStream>();
  /** How long a stream lives, in milliseconds. Slack closes it after about five minutes. */
  lifeMs = 300_000;
  now: () => number = Date.now;
  #count = 0;

  /** The answer to a method that has to do with streams; `undefined` for any other. */
  answer(method: string, args: JsonObject): JsonObject | undefined {
    const text = typeof args['markdown_text'] === 'string' ? args['markdown_text'] : '';
    const ts = textOf(args['ts']) ?? '';
    if (method === 'chat.startStream') return this.#start(args, text);
    const stream = this.all.get(ts);
    if (method === 'chat.appendStream' || method === 'chat.stopStream') {
      if (text.length > 12_000) return refusal('msg_too_long');
      if (stream === undefined) return refusal('message_not_found');
      if (this.now() - stream.startedAt >= this.lifeMs) stream.isOpen = false;
      if (!stream.isOpen) return refusal('message_not_in_streaming_state');
      stream.text += text;
      if (method === 'chat.stopStream') {
        stream.isOpen = false;
        stream.blocks = args['blocks'] ?? null;
      }
      return { ok: true, channel: stream.channel, ts };
    }
    if (stream === undefined) return undefined;
    if (method === 'chat.delete') {
      this.all.delete(ts);
      return { ok: true, channel: stream.channel, ts };
    }
    if (method !== 'chat.update') return undefined;
    if (stream.isOpen) return refusal('streaming_state_conflict');
    stream.text = markdownOf(args);
    return { ok: true, channel: stream.channel, ts };
  }

  #start(args: JsonObject, text: string): JsonObject {
    const { channel, thread_ts: thread, recipient_user_id: user, recipient_team_id: team } = args;
    const isDirect = textOf(channel)?.startsWith('D') === true;
    if (!isDirect && thread === undefined) return refusal('invalid_thread_ts');
    if (!isDirect && user === undefined) return refusal('missing_recipient_user_id');
    if (!isDirect && team === undefined) return refusal('missing_recipient_team_id');
    const ts = `1700000000.${String(++this.#count).padStart(6, '0')}`;
    this.all.set(ts, {
      channel: textOf(channel) ?? '',
      thread: textOf(thread),
      text,
      isOpen: true,
      blocks: null,
      startedAt: this.now(),
    });
    return { ok: true, channel: channel ?? null, ts };
  }
}

/** The Markdown of a message's blocks. */
export function markdownOf(args: JsonObject): string {
  const blocks = Array.isArray(args['blocks']) ? (args['blocks'] as JsonObject[]) : [];
  return blocks.map(({ text }) => (typeof text === 'string' ? text : '')).join('');
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function refusal(error: string): JsonObject {
  return { ok: false, error };
}
