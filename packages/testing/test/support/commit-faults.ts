import { setImmediate } from 'node:timers/promises';
import type { Lock } from '@trunkline/core';
import type { Faults } from './faulty-parts.ts';

/** What may be wrong with how turns are changed. */
export const COMMIT_FAULTS: Faults = {
  'saves for all turns': ({ turns }) => ({
    turns: {
      async commit(lock, changes) {
        const done = await turns.commit(lock, changes);
        for (const { id } of await turns.waiting(lock.key, 1e9)) {
          if (changes.save) await turns.commit(lock, { save: { ...changes.save, id } });
        }
        return done;
      },
    },
  }),
  'removes the first turns': ({ turns }) => ({
    turns: {
      async commit(lock, changes) {
        const waiting = await turns.waiting(lock.key, changes.remove?.length ?? 0);
        return await turns.commit(lock, { ...changes, remove: waiting.map(({ id }) => id) });
      },
    },
  }),
  'writes nothing in a commit': ({ turns }) => ({
    turns: { commit: (lock, changes) => turns.commit(lock, { ...changes, write: undefined }) },
  }),
  'appends nothing in a commit': ({ turns }) => ({
    turns: { commit: (lock, changes) => turns.commit(lock, { ...changes, append: undefined }) },
  }),
  'writes no null': ({ turns }) => ({
    turns: {
      commit(lock, changes) {
        const isNull = changes.write?.value === null;
        return turns.commit(lock, isNull ? { ...changes, write: undefined } : changes);
      },
    },
  }),
  'removes in a second step': ({ turns }) => ({
    turns: {
      async commit(lock, { remove, ...changes }) {
        const done = await turns.commit(lock, changes);
        await setImmediate();
        if (remove) await turns.commit(lock, { remove });
        return done;
      },
    },
  }),
  'appends in a second step': ({ turns }) => ({
    turns: {
      async commit(lock, { append, ...changes }) {
        const done = await turns.commit(lock, changes);
        await setImmediate();
        if (append) await turns.commit(lock, { append });
        return done;
      },
    },
  }),
  'writes in a second step': ({ turns }) => ({
    turns: {
      async commit(lock, { write, ...changes }) {
        await turns.commit(lock, changes);
        await setImmediate();
        return await turns.commit(lock, { write });
      },
    },
  }),
  'writes for a shorter time': ({ turns }) => ({
    turns: {
      async commit(lock, changes) {
        const { write } = changes;
        if (write?.ttlMs === undefined) return await turns.commit(lock, changes);
        return await turns.commit(lock, { ...changes, write: { ...write, ttlMs: 1 } });
      },
    },
  }),
  'writes for good': ({ turns }) => ({
    turns: {
      async commit(lock, changes) {
        if (!changes.write) return await turns.commit(lock, changes);
        const { namespace, value, expected } = changes.write;
        return await turns.commit(lock, { ...changes, write: { namespace, value, expected } });
      },
    },
  }),
  'writes before it looks at the lock': ({ turns, values }) => ({
    turns: {
      async commit(lock, { write, ...changes }) {
        if (!write) return await turns.commit(lock, changes);
        const { namespace, value, expected } = write;
        const done = await values.compareAndSet(namespace, lock.key, expected, value, write);
        return (await turns.commit(lock, changes)) && done !== null;
      },
    },
  }),
  'does nothing where a value has changed': ({ turns, values }) => ({
    turns: {
      async commit(lock, changes) {
        const { write } = changes;
        const stored = write ? await values.get(write.namespace, lock.key) : null;
        if (write && (stored?.version ?? null) !== write.expected) return false;
        return await turns.commit(lock, changes);
      },
    },
  }),
  'says that everything was written': ({ turns }) => ({
    turns: { commit: async (lock, changes) => (await turns.commit(lock, changes)) || true },
  }),
  'says nothing of a lost lock': ({ turns }) => ({
    turns: {
      commit: (lock, changes) =>
        (async () => await turns.commit(lock, changes))().catch(() => true),
    },
  }),
  'rejects with any error': ({ turns }) => ({
    turns: {
      commit: (lock, changes) =>
        (async () => await turns.commit(lock, changes))().catch(() =>
          Promise.reject(new Error('no')),
        ),
    },
  }),
  'asks who holds the key, not the lock': ({ turns, lock: take }) => {
    const last = new Map<string, Lock>();
    return {
      lock: async (key, options) => {
        const lock = await take(key, options);
        last.set(key, lock);
        return lock;
      },
      turns: { commit: (lock, changes) => turns.commit(last.get(lock.key) ?? lock, changes) },
    };
  },
  'leaves out what it cannot save': ({ turns }) => ({
    turns: {
      async commit(lock, changes) {
        const waiting = await turns.waiting(lock.key, 1e9);
        const isThere = waiting.some(({ id }) => id === changes.save?.id);
        return await turns.commit(lock, isThere ? changes : { ...changes, save: undefined });
      },
    },
  }),
  'fails all that was asked for at once': ({ turns }) => {
    let failed = 0;
    return {
      turns: {
        async add(turn, options) {
          const before = failed;
          const added = await turns.add(turn, options);
          await setImmediate();
          if (failed > before) throw new Error('another one failed');
          return added;
        },
        commit: (lock, changes) =>
          (async () => await turns.commit(lock, changes))().catch((error: unknown) => {
            failed++;
            throw error;
          }),
      },
    };
  },
};
