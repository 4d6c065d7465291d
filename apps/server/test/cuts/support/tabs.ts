import {
  connect,
  type ChatClient,
  type Entry,
  type KeyValueStorage,
} from '@trunkline/webchat/client';
import { WebSocket } from 'ws';
import type { Roll } from './dice.ts';

/** A client that waits as long as a real one, fifty times as fast. */
export function openTab(url: string, storage: KeyValueStorage, roll: Roll): ChatClient {
  return connect({
    url,
    storage,
    random: () => roll(1_000) / 1_000,
    clock: {
      now: () => Date.now(),
      after: (ms, run) => {
        const timer = setTimeout(run, ms / 50);
        return () => clearTimeout(timer);
      },
    },
    open: (address) => {
      const socket = new WebSocket(address);
      // Without a listener the error of a connection that is cut ends the process.
      socket.on('error', () => {});
      return socket;
    },
  });
}

/** The storage that the tabs of a browser share. */
export function sharedStorage(): KeyValueStorage {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
    key: (index) => [...kept.keys()][index] ?? null,
    get length() {
      return kept.size;
    },
  };
}

/** What a tab shows, a line for each entry. */
export function shown({ transcript }: ChatClient): string[] {
  return transcript.entries.map(lineOf);
}

function lineOf(entry: Entry): string {
  if (entry.kind === 'user') return `user: ${entry.text} (${entry.status})`;
  if (entry.kind === 'stream') return `stream: ${entry.text} (${entry.state})`;
  if (entry.kind === 'gap') return `gap: ${entry.missing}`;
  if (entry.kind === 'anew') return 'anew';
  return `message: ${'text' in entry.frame ? entry.frame.text : entry.frame.type}`;
}
