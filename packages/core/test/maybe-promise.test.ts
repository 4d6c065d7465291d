import { setImmediate } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { allThere, isPromise, promised, settle, whenThere } from '../src/maybe-promise.ts';

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
beforeEach(() => void process.on('unhandledRejection', note));
afterEach(() => void process.off('unhandledRejection', note));

describe('a result that may be a promise', () => {
  it('is known for one, from whatever realm it is', () => {
    const foreign: Promise<number> = runInNewContext('Promise.resolve(1)');
    expect([Promise.resolve(), foreign].map((one) => isPromise<unknown>(one))).toEqual([
      true,
      true,
    ]);
    const values = [null, undefined, 0, 'then', {}, []];
    expect(values.some((value) => isPromise<unknown>(value))).toBe(false);
  });

  it('is gone on with at once where it is there', async () => {
    expect(whenThere(1, (value) => value + 1)).toBe(2);
    expect(await whenThere(Promise.resolve(1), (value) => value + 1)).toBe(2);
  });

  it('is settled alike, whether the call throws or rejects', async () => {
    const oops = new Error('oops');
    const fail = (): never => {
      throw oops;
    };
    const settled = [fail, () => Promise.reject(oops)].map((call) =>
      settle<string, unknown>(
        call,
        () => 'done',
        (error) => error,
      ),
    );
    expect(await Promise.all(settled)).toEqual([oops, oops]);
    await expect(promised(fail)).rejects.toBe(oops);
  });
});

describe('several results', () => {
  it('are there at once where each is', async () => {
    expect(allThere<[number, string]>([() => 1, () => 'a'])).toEqual([1, 'a']);
    expect(await allThere<[number, string]>([() => Promise.resolve(1), () => 'a'])).toEqual([
      1,
      'a',
    ]);
  });

  it('reject with the first failure, and leave none without a handler', async () => {
    const all = allThere<[number, number]>([
      () => setImmediate().then(() => Promise.reject(new Error('store away'))),
      () => {
        throw new Error('author’s bug');
      },
    ]);
    await expect(all).rejects.toThrow('author’s bug');
    await setImmediate();
    await setImmediate();
    expect(unhandled).toEqual([]);
  });
});
