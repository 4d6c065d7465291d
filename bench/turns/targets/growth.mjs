// Trunkline in memory, with marks of a second and without history: what does a conversation leave?
import { MemoryStore } from '@trunkline/core';
import { ready } from '../../harness/target.mjs';
import { BenchLine } from '../bench-line.mjs';
import { messageOf } from '../messages.mjs';
import { SteeredClock } from '../../harness/steered-clock.mjs';

const MARK_MS = 1_000;
/**
 * Addresses are lists, which have a bound over all of them: half of it or all of it is in use, whatever comes.
 * Small, so that it does not matter in which moment it is looked at.
 */
const LIST_CHARACTERS = 50_000;

const clock = new SteeredClock();
const line = new BenchLine(new MemoryStore({ clock, maxListCharacters: LIST_CHARACTERS }), {
  clock,
  history: { maxEntries: 0 },
  delivery: { markTtlMs: MARK_MS },
});

ready(null, {
  /** One turn of each of `count` conversations that nobody has heard of. */
  async pass({ first, count }) {
    for (let i = first; i < first + count; i++) {
      await line.room();
      await line.accept(messageOf(i, i));
    }
    await line.idle();
    line.startLatenciesMs = [];
    return { timers: clock.timers, resources: process.getActiveResourcesInfo().length };
  },
  /** Time passes, a minute at a time. */
  async wait({ minutes }) {
    for (let i = 0; i < minutes; i++) clock.advance(60_000);
    return {};
  },
  /** A year at once. */
  async forget() {
    clock.advance(366 * 24 * 60 * 60 * 1000);
    return {};
  },
});
