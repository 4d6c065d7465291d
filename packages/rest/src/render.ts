import type { QueuedOutput } from '@trunkline/core';

/** How a stream is written. */
export type StreamFormat = 'lines' | 'sse';

/** What a failed turn says of itself at the end of its stream. */
export interface StreamFailure {
  code: string;
  message: string;
}

/** The format that `?stream=` asks for, or `null` for none. Rasa's `true` in any case. */
export function streamFormat(value: string | null): StreamFormat | null {
  if (value === null) return null;
  const asked = value.toLowerCase();
  if (asked === 'sse') return 'sse';
  return asked === 'true' ? 'lines' : null;
}

/**
 * One output as it goes over the wire. Lines are Rasa's: one object a line, a chunk as a text of its
 * own, nothing for start and end. Events say what they are: `start`, `chunk`, `end`, `message`.
 */
export function renderOutput(format: StreamFormat, { kind, message }: QueuedOutput): string {
  if (format === 'sse') return event(kind, message);
  return kind === 'start' || kind === 'end' ? '' : `${JSON.stringify(message)}\n`;
}

/** How a stream ends whose turn failed. */
export function renderFailure(format: StreamFormat, error: StreamFailure): string {
  return format === 'sse' ? event('error', error) : `${JSON.stringify({ error })}\n`;
}

/** @see The HTML standard, "Server-sent events". JSON has no line breaks, so one line of data is enough. */
function event(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
