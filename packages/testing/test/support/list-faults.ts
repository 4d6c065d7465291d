import { setImmediate } from 'node:timers/promises';
import type { JsonValue } from '@trunkline/core';
import type { Faults } from './faulty-parts.ts';

/** What may be wrong with lists. */
export const LIST_FAULTS: Faults = {
  'has items where there is no list': ({ lists }) => ({
    lists: {
      async last(namespace, key, count) {
        const items = await lists.last(namespace, key, count);
        return items.length === 0 && count > 0 ? [null] : items;
      },
    },
  }),
  'appends items one by one': ({ lists }) => ({
    lists: {
      async append(namespace, key, items, options) {
        let number = 0;
        for (const item of items) {
          number = await lists.append(namespace, key, [item], options);
          await setImmediate();
        }
        return number;
      },
    },
  }),
  'mixes up lists that begin at once': ({ lists }) => {
    const known = new Set<string>();
    let begun: { items: readonly JsonValue[]; append: (items: readonly JsonValue[]) => void }[] =
      [];
    const begin = (): void => {
      const all = begun;
      begun = [];
      all.forEach(({ append }, i) => append(all.at(-1 - i)?.items ?? []));
    };
    return {
      lists: {
        append(namespace, key, items, options) {
          const name = JSON.stringify([namespace, key]);
          if (known.has(name)) return lists.append(namespace, key, items, options);
          known.add(name);
          if (begun.length === 0) void setImmediate().then(begin);
          return new Promise((resolve) => {
            const append = (others: readonly JsonValue[]): void =>
              resolve(lists.append(namespace, key, others, options));
            begun.push({ items, append });
          });
        },
      },
    };
  },
  'keeps all items': ({ lists }) => ({
    lists: {
      append: (namespace, key, items, options) =>
        lists.append(namespace, key, items, { ...options, maxItems: 1e9 }),
    },
  }),
  'gives the newest item first': ({ lists }) => ({
    lists: {
      last: async (namespace, key, count) => (await lists.last(namespace, key, count)).toReversed(),
    },
  }),
  'takes the last 0 items for all': ({ lists }) => ({
    lists: { last: (namespace, key, count) => lists.last(namespace, key, count || 1e9) },
  }),
  'knows no list without end': ({ lists }) => ({
    lists: {
      async last(namespace, key, count) {
        if (!Number.isInteger(count)) throw new Error('value is not an integer');
        return await lists.last(namespace, key, count);
      },
    },
  }),
  'knows no rest without end': ({ lists }) => ({
    lists: {
      async after(namespace, key, number, limit) {
        if (!Number.isInteger(limit)) throw new Error('value is not an integer');
        return await lists.after(namespace, key, number, limit);
      },
    },
  }),
  'shares items': ({ lists }) => {
    const shared = new Map<string, JsonValue>();
    return {
      lists: {
        append(namespace, key, items, options) {
          for (const item of items) shared.set(JSON.stringify(item), item);
          return lists.append(namespace, key, items, options);
        },
        async last(namespace, key, count) {
          const items = await lists.last(namespace, key, count);
          return items.map((item) => shared.get(JSON.stringify(item)) ?? item);
        },
      },
    };
  },
  'joins namespace and key of a list': ({ lists }) => ({
    lists: {
      append: (namespace, key, items, options) =>
        lists.append('', `${namespace}:${key}`, items, options),
      last: (namespace, key, count) => lists.last('', `${namespace}:${key}`, count),
      after: (namespace, key, number, limit) =>
        lists.after('', `${namespace}:${key}`, number, limit),
    },
  }),
  'numbers items from 0 on': ({ lists }) => ({
    lists: {
      append: async (...args) => (await lists.append(...args)) - 1,
    },
  }),
  'numbers what is left of a list': ({ lists }) => ({
    lists: {
      async after(namespace, key, number, limit) {
        const items = await lists.after(namespace, key, 0, 1e9);
        const renumbered = items.map(({ value }, i) => ({ number: i + 1, value }));
        return renumbered.filter((item) => item.number > number).slice(0, limit);
      },
    },
  }),
  'looks up the number after it appended': ({ lists }) => ({
    lists: {
      async append(namespace, key, items, options) {
        await lists.append(namespace, key, items, options);
        await setImmediate();
        return (await lists.after(namespace, key, 0, 1e9)).at(-1)?.number ?? 0;
      },
    },
  }),
  'gives all items after a number': ({ lists }) => ({
    lists: {
      after: (namespace, key, number) => lists.after(namespace, key, number, 1e9),
    },
  }),
  'gives the item of a number as well': ({ lists }) => ({
    lists: {
      after: (namespace, key, number, limit) => lists.after(namespace, key, number - 1, limit),
    },
  }),
  'forgets lists early': ({ lists }) => ({
    lists: {
      append: (namespace, key, items, options) =>
        lists.append(namespace, key, items, { ...options, ttlMs: 0.95 * options.ttlMs }),
    },
  }),
  'keeps lists for good': ({ lists }) => ({
    lists: {
      append: (namespace, key, items, options) =>
        lists.append(namespace, key, items, { ...options, ttlMs: 1e12 }),
    },
  }),
  'keeps a list from its first append on': ({ lists }) => {
    const first = new Map<string, number>();
    return {
      lists: {
        append(namespace, key, items, options) {
          const ttlMs = first.get(key) ?? options.ttlMs;
          first.set(key, ttlMs);
          return lists.append(namespace, key, items, { ...options, ttlMs });
        },
      },
    };
  },
};

/** What may be wrong with signals. */
export const SIGNAL_FAULTS: Faults = {
  'says nothing': () => ({ signals: { send() {} } }),
  'tells everything to everybody': ({ signals }) => ({
    signals: {
      send: (_topic, news) => signals.send('', news),
      listen: (_topic, listener) => signals.listen('', listener),
    },
  }),
  'goes on telling': ({ signals }) => ({
    signals: {
      listen(topic, listener) {
        signals.listen(topic, listener);
        return () => {};
      },
    },
  }),
  'passes on what listeners throw': () => {
    const listeners: ((news: JsonValue) => void)[] = [];
    return {
      signals: {
        send: (_topic, news) => listeners.forEach((listener) => listener(news)),
        listen(_topic, listener) {
          listeners.push(listener);
          return () => void listeners.splice(listeners.indexOf(listener), 1);
        },
      },
    };
  },
};
