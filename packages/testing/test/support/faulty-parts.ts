import {
  MemoryStore,
  type Clock,
  type KeyedLists,
  type Signals,
  type Store,
  type StoredTurns,
} from '@trunkline/core';
import { COMMIT_FAULTS } from './commit-faults.ts';
import { LIST_FAULTS, SIGNAL_FAULTS } from './list-faults.ts';
import { TURN_FAULTS } from './turn-faults.ts';

/** What is different about a store, for the worse. */
interface Damage {
  turns?: Partial<StoredTurns>;
  lists?: Partial<KeyedLists>;
  signals?: Partial<Signals>;
  lock?: Store['lock'];
}

/** Faults by what a store with it does. */
export type Faults = Record<string, (store: Store, clock: Clock) => Damage>;

/** Every fault of turns, lists and signals. */
const FAULTS: Faults = {
  ...TURN_FAULTS,
  ...COMMIT_FAULTS,
  ...LIST_FAULTS,
  ...SIGNAL_FAULTS,
};

/** A store with one fault, or with none. */
export function faultyStore(clock: Clock, fault?: string): Store {
  const store = new MemoryStore({ clock });
  const whole: Store = {
    name: 'faulty',
    durable: false,
    shared: false,
    values: store.values,
    lists: withMethods(store.lists),
    turns: withMethods(store.turns),
    signals: withMethods(store.signals),
    lock: (key, options) => store.lock(key, options),
    ready: () => store.ready(),
    close: () => store.close(),
  };
  const { lock, lists, turns, signals } = FAULTS[fault ?? '']?.(whole, clock) ?? {};
  return {
    ...whole,
    lists: { ...whole.lists, ...lists },
    turns: { ...whole.turns, ...turns },
    signals: { ...whole.signals, ...signals },
    ...(lock && { lock }),
  };
}

/** An object whose methods can be spread into another one. */
function withMethods<T extends object>(part: T): T {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(part)) as (keyof T)[];
  const methods = names.map((name) => {
    const method = part[name] as (...parameters: unknown[]) => unknown;
    return [name, method.bind(part)];
  });
  return Object.fromEntries(methods) as T;
}
