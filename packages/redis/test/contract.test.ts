import { storeContract } from '@trunkline/testing';
import { beforeEach, describe, it } from 'vitest';
import { needs } from '../../../scripts/test-support/needs.ts';
import { RedisStore } from '../src/index.ts';
import { anyRedis, newPrefix, redisUrl } from './support/redis.ts';

describe('RedisStore', () => {
  beforeEach(needs(anyRedis));
  storeContract({
    it,
    create: async () => new RedisStore({ url: await redisUrl(), prefix: newPrefix() }),
  });
});
