import { StoreError, systemClock } from '@trunkline/core';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeEach, describe, it } from 'vitest';
import { needs } from '../../../scripts/test-support/needs.ts';
import { mortal } from '../../core/test/support/mortal-store.ts';
import { plans, runTurnModel, type CreateStore } from '../../core/test/support/turn-model.ts';
import { anyRedis, newPrefix, openStore, redisUrl } from './support/redis.ts';

/** `TURN_MODEL_RUNS=500 npx vitest run --project redis model` for more of them. */
const numRuns = Number(process.env['TURN_MODEL_RUNS'] ?? 20);

beforeEach(needs(anyRedis));

/** Two processes at a time, in real time: what a dead one leaves is found by the other. */
const createStore: CreateStore = async () => {
  const prefix = newPrefix();
  const url = await redisUrl();
  return {
    clock: systemClock,
    advance: (ms) => wait(ms),
    maxProcesses: 2,
    survives: true,
    open: async () => {
      const clients: Redis[] = [];
      const create = (options: { redis: object }): Redis => {
        const client = new Redis(url, options.redis);
        clients.push(client);
        return client;
      };
      const { store, kill } = mortal(openStore({ create, prefix }));
      const die = (): void => {
        kill();
        for (const client of clients) client.disconnect();
      };
      return { store, kill: die };
    },
    close: async () => {},
  };
};

describe('the turns over Redis', () => {
  it('lose nothing, run nothing twice and keep the order, whatever fails', async () => {
    const outage = (): StoreError => new StoreError('the store is away');
    await fc.assert(
      fc.asyncProperty(plans, (plan) => runTurnModel(plan, createStore, outage)),
      { numRuns, endOnFailure: true },
    );
  }, 1_000_000);
});
