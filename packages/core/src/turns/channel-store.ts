import type { KeyedLists, KeyedValues, Signals, Store } from '../store/contract.ts';

/** The part of the store that is a channel's own: menus, windows, opt-outs, installations, … */
export interface ChannelStore {
  /** Keyed values. */
  readonly values: KeyedValues;
  /** Keyed lists. */
  readonly lists: KeyedLists;
  /** News between the processes that serve the channel. */
  readonly signals: Signals;
  /** Whether others may use it at the same time: see `Store`. */
  readonly shared: boolean;
}

/** A channel's part of a store. No other channel meets its names, and the turn engine neither. */
export function channelStore(
  { values, lists, signals, shared }: Pick<Store, 'values' | 'lists' | 'signals' | 'shared'>,
  channel: string,
): ChannelStore {
  const lead = `channel:${channel.length}:${channel}:`;
  // Made once each: a channel has few of them, and asks all the time.
  const names = new Map<string, string>();
  const own = (namespace: string): string => {
    const known = names.get(namespace);
    if (known !== undefined) return known;
    const name = lead + namespace;
    names.set(namespace, name);
    return name;
  };
  return {
    values: {
      get: (namespace, key) => values.get(own(namespace), key),
      set: (namespace, key, value, options) => values.set(own(namespace), key, value, options),
      compareAndSet: (namespace, key, expected, value, options) =>
        values.compareAndSet(own(namespace), key, expected, value, options),
      delete: (namespace, key) => values.delete(own(namespace), key),
      entries: (namespace) => values.entries(own(namespace)),
    },
    lists: {
      append: (namespace, key, items, options) => lists.append(own(namespace), key, items, options),
      last: (namespace, key, count) => lists.last(own(namespace), key, count),
      after: (namespace, key, number, limit) => lists.after(own(namespace), key, number, limit),
    },
    signals: {
      // Topics are many, one a session say, and come and go.
      send: (topic, news) => signals.send(lead + topic, news),
      listen: (topic, listener) => signals.listen(lead + topic, listener),
    },
    shared,
  };
}
