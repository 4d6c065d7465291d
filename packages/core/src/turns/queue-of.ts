import type { Overlap } from './overlap.ts';

/** What a message waits for: its conversation, or only itself where it is handled beside the others. */
export function queueOf(mode: Overlap, key: string, id: string): string {
  return mode === 'parallel' ? `${key}\u0000${id}` : key;
}
