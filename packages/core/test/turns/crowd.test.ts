import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Crowd, type Member } from '../../src/turns/crowd.ts';

describe('a crowd', () => {
  it('has the same members as a set', () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 7 })));
    fc.assert(
      fc.property(steps, (all) => {
        const people: Member[] = Array.from({ length: 8 }, () => ({ at: -1 }));
        const crowd = new Crowd<Member>();
        const model = new Set<Member>();
        for (const [comes, index] of all) {
          const member = people[index];
          if (member === undefined) continue;
          if (!comes) expect(crowd.delete(member)).toBe(model.delete(member));
          else if (!model.has(member)) {
            crowd.add(member);
            model.add(member);
          }
        }
        expect(new Set(crowd.members())).toEqual(model);
      }),
    );
  });
});
