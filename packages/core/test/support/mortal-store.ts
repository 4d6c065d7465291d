import type { Store } from '@trunkline/core';

const never = new Promise<never>(() => {});

/**
 * A store whose process can die: from then on no call of it is made, and none that was made comes to
 * an end. What the store itself does about that is the caller's.
 */
export interface MortalStore {
  store: Store;
  kill: () => void;
  /** How many calls have not come to an end, without those that wait for a lock. */
  underWay: () => number;
}

/** Makes a store whose process can die. */
export function mortal(store: Store): MortalStore {
  let isDead = false;
  let underWay = 0;
  const afterLife = async (result: Promise<unknown>): Promise<unknown> => {
    try {
      return await result;
    } finally {
      if (isDead) await never;
    }
  };
  const part = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(_, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member === 'object' && member !== null) return part(member);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]): unknown => {
          if (isDead) return never;
          const alive = args.map((arg) => {
            if (typeof arg !== 'function') return arg;
            const call = arg as (...args: unknown[]) => unknown;
            return (...given: unknown[]) => (isDead ? undefined : call(...given));
          });
          const result: unknown = Reflect.apply(member, target, alive);
          if (!(result instanceof Promise)) return result;
          if (name !== 'lock') {
            underWay++;
            const isOver = (): void => void underWay--;
            result.then(isOver, isOver);
          }
          return afterLife(result);
        };
      },
    });
  return { store: part(store), kill: () => void (isDead = true), underWay: () => underWay };
}
