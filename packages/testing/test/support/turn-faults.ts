import { setImmediate } from 'node:timers/promises';
import type { Faults } from './faulty-parts.ts';

/** What may be wrong with how turns are added and read. */
export const TURN_FAULTS: Faults = {
  overtakes: ({ turns }) => ({
    turns: {
      async add(turn, options) {
        if (turn.id.endsWith('3')) await setImmediate();
        return await turns.add(turn, options);
      },
    },
  }),
  'says that it has a turn before it does': ({ turns }) => ({
    turns: {
      async add(turn, options) {
        void setImmediate()
          .then(() => turns.add(turn, options))
          .catch(() => {});
        return 'added' as const;
      },
    },
  }),
  'forgets what is finished': ({ turns }) => ({
    turns: { add: (turn, options) => turns.add(turn, { ...options, markTtlMs: 0 }) },
  }),
  'keeps marks for good': ({ turns }) => ({
    turns: { add: (turn, options) => turns.add(turn, { ...options, markTtlMs: 1e12 }) },
  }),
  'forgets marks early': ({ turns }) => ({
    turns: {
      add: (turn, options) => turns.add(turn, { ...options, markTtlMs: 0.95 * options.markTtlMs }),
    },
  }),
  'loses turns with their marks': ({ turns }, clock) => {
    const ends = new Map<string, number>();
    return {
      turns: {
        add(turn, options) {
          ends.set(turn.id, clock.now() + options.markTtlMs);
          return turns.add(turn, options);
        },
        async waiting(conversation, limit) {
          const waiting = await turns.waiting(conversation, limit);
          return waiting.filter(({ id }) => (ends.get(id) ?? 0) > clock.now());
        },
      },
    };
  },
  'has room for any number of turns': ({ turns }) => ({
    turns: { add: (turn, options) => turns.add(turn, { ...options, maxTurns: 1e9 }) },
  }),
  'marks what it refuses': ({ turns }) => {
    const refused = new Set<string>();
    return {
      turns: {
        async add(turn, options) {
          if (refused.has(turn.id) && turn.conversation === 'anna') return 'finished';
          const added = await turns.add(turn, options);
          if (added === 'full') refused.add(turn.id);
          return added;
        },
      },
    };
  },
  'looks and adds in two steps': ({ turns }) => ({
    turns: {
      async add(turn, options) {
        const waiting = await turns.waiting(turn.conversation, 1e9);
        await setImmediate();
        const added = await turns.add(turn, { ...options, maxTurns: 1e9 });
        const isFull = waiting.length >= options.maxTurns;
        if (added !== 'added') return waiting.some(({ id }) => id === turn.id) ? added : 'added';
        return isFull ? 'full' : added;
      },
    },
  }),
  'counts before it looks for duplicates': ({ turns }) => ({
    turns: {
      async add(turn, options) {
        const waiting = await turns.waiting(turn.conversation, 1e9);
        return waiting.length < options.maxTurns ? turns.add(turn, options) : 'full';
      },
    },
  }),
  'takes an id for the same in all conversations': ({ turns }) => {
    const first = new Map<string, string>();
    return {
      turns: {
        async add(turn, options) {
          const conversation = first.get(turn.id) ?? turn.conversation;
          first.set(turn.id, conversation);
          return conversation === turn.conversation ? turns.add(turn, options) : 'unfinished';
        },
      },
    };
  },
  'has one queue for a and A': ({ turns }) => ({
    turns: {
      add: (turn, options) =>
        turns.add({ ...turn, conversation: turn.conversation.toLowerCase() }, options),
      waiting: (conversation, limit) => turns.waiting(conversation.toLowerCase(), limit),
    },
  }),
  'writes an id as UTF-8': ({ turns }) => ({
    turns: {
      add: (turn, options) => turns.add({ ...turn, id: Buffer.from(turn.id).toString() }, options),
    },
  }),
  'ends a text at a NUL': ({ turns }) => ({
    turns: {
      async waiting(conversation, limit) {
        const waiting = await turns.waiting(conversation, limit);
        return waiting.map((turn) => ({ ...turn, message: turn.message.split('\0')[0] ?? '' }));
      },
    },
  }),
  'gives all turns': ({ turns }) => ({
    turns: { waiting: (conversation) => turns.waiting(conversation, 1e9) },
  }),
  'knows no queue without end': ({ turns }) => ({
    turns: {
      async waiting(conversation, limit) {
        if (!Number.isInteger(limit)) throw new Error('value is not an integer');
        return await turns.waiting(conversation, limit);
      },
    },
  }),
  'has turns where none were added': ({ turns }) => ({
    turns: {
      async waiting(conversation, limit) {
        const waiting = await turns.waiting(conversation, limit);
        if (waiting.length > 0 || conversation !== 'anna') return waiting;
        return [{ conversation, id: '0', message: '', progress: null, stamp: null }];
      },
    },
  }),
  'stamps a turn when it is read': ({ turns, values }) => ({
    turns: {
      async waiting(conversation, limit) {
        const stamp = (await values.get('menus', conversation))?.value ?? null;
        const waiting = await turns.waiting(conversation, limit);
        return waiting.map((turn) => (turn.stamp === null ? turn : { ...turn, stamp }));
      },
    },
  }),
  'stamps every turn': ({ turns }) => ({
    turns: { add: (turn, options) => turns.add(turn, { ...options, stampOf: 'menus' }) },
  }),
};
