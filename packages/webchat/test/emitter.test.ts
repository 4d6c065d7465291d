import { afterEach, expect, it, vi } from 'vitest';
import { Emitter } from '../src/emitter.ts';

afterEach(() => void vi.unstubAllGlobals());

it('tells whoever listens, until they stop', () => {
  const emitter = new Emitter<{ said: string; left: number }>();
  const heard: string[] = [];
  const stop = emitter.on('said', (text) => heard.push(`one ${text}`));
  emitter.on('said', (text) => heard.push(`two ${text}`));
  emitter.emit('said', 'a');
  stop();
  stop();
  emitter.emit('said', 'b');
  emitter.emit('left', 1);
  expect(heard).toEqual(['one a', 'two a', 'two b']);
});

it('reports where there is no page, in Node, as well', () => {
  vi.stubGlobal('reportError', undefined);
  const log = vi.spyOn(console, 'error').mockReturnValue();
  const emitter = new Emitter<{ said: string }>();
  const failure = new Error('oops');
  emitter.on('said', () => {
    throw failure;
  });
  emitter.emit('said', 'a');
  expect(log).toHaveBeenCalledExactlyOnceWith(failure);
  log.mockRestore();
});

it('is troubled by no listener that fails, and reports it', () => {
  const reports = vi.fn<(error: unknown) => void>();
  vi.stubGlobal('reportError', reports);
  const emitter = new Emitter<{ said: string }>();
  const heard: string[] = [];
  const failure = new Error('oops');
  emitter.on('said', () => {
    throw failure;
  });
  emitter.on('said', (text) => heard.push(text));
  emitter.emit('said', 'a');
  expect(heard).toEqual(['a']);
  expect(reports).toHaveBeenCalledWith(failure);
});
