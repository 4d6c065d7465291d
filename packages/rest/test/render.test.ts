import { describe, expect, it } from 'vitest';
import { renderFailure, renderOutput, streamFormat } from '../src/render.ts';

describe('streamFormat', () => {
  it.each([
    ['true', 'lines'],
    ['True', 'lines'],
    ['TRUE', 'lines'],
    ['sse', 'sse'],
    ['SSE', 'sse'],
    ['false', null],
    ['1', null],
    ['', null],
    [null, null],
  ])('takes %j for %j', (value, format) => {
    expect(streamFormat(value)).toBe(format);
  });
});

const message = { recipient_id: 'u', text: 'a\nb é' };

describe('lines', () => {
  it('are one object a line for messages and chunks', () => {
    const line = '{"recipient_id":"u","text":"a\\nb é"}\n';
    expect(renderOutput('lines', { kind: 'message', message })).toBe(line);
    expect(renderOutput('lines', { kind: 'chunk', message })).toBe(line);
  });

  it('say nothing of start and end', () => {
    expect(renderOutput('lines', { kind: 'start', message })).toBe('');
    expect(renderOutput('lines', { kind: 'end', message })).toBe('');
  });

  it('end with the failure', () => {
    expect(renderFailure('lines', { code: 'c', message: 'm' })).toBe(
      '{"error":{"code":"c","message":"m"}}\n',
    );
  });
});

describe('events', () => {
  it.each(['message', 'start', 'chunk', 'end'] as const)('name the kind %s', (kind) => {
    expect(renderOutput('sse', { kind, message })).toBe(
      `event: ${kind}\ndata: {"recipient_id":"u","text":"a\\nb é"}\n\n`,
    );
  });

  it('end with the failure', () => {
    expect(renderFailure('sse', { code: 'c', message: 'm' })).toBe(
      'event: error\ndata: {"code":"c","message":"m"}\n\n',
    );
  });
});
