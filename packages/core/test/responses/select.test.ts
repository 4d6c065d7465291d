import { describe, expect, it } from 'vitest';
import { eligible } from '../../src/responses/select.ts';
import type { CheckedVariation, SlotCondition, Slots } from '../../src/responses/variation.ts';

const cold: SlotCondition = { type: 'slot', name: 'weather', value: 'cold' };

const variation = (
  id: string,
  channel: string | null = null,
  condition: SlotCondition[] | null = null,
): CheckedVariation => ({ place: id, channel, condition, parts: { text: id }, extra: {} });

const pick = (variations: CheckedVariation[], channels: string[], slots: Slots = {}): string[] =>
  eligible(variations, channels, slots).map(({ place }) => place);

const ALL = [
  variation('plain'),
  variation('conditional', null, [cold]),
  variation('slack', 'slack'),
  variation('slack conditional', 'slack', [cold]),
  variation('plain too'),
];

describe('variations', () => {
  it('are chosen in four groups', () => {
    expect(pick(ALL, ['slack'], { weather: 'Cold' })).toEqual(['slack conditional']);
    expect(pick(ALL, ['slack'], { weather: 'warm' })).toEqual(['slack']);
    expect(pick(ALL, ['rest'], { weather: 'COLD' })).toEqual(['conditional']);
    expect(pick(ALL, ['rest'])).toEqual(['plain', 'plain too']);
  });

  it('107: are those without channel where the channel has none', () => {
    const two = [variation('default'), variation('for slack', 'slack')];
    expect(pick(two, ['signal'])).toEqual(['default']);
  });

  it('110: for the channel go before those whose condition holds', () => {
    const two = [variation('conditional', null, [cold]), variation('channel', 'rest')];
    expect(pick(two, ['rest'], { weather: 'cold' })).toEqual(['channel']);
  });

  it('may name the channel by any of its names', () => {
    const two = [variation('default'), variation('collector', 'collector')];
    expect(pick(two, ['myio', 'collector'])).toEqual(['collector']);
    expect(pick(two, ['myio'])).toEqual(['default']);
  });

  it('are those of the first name that has one that fits', () => {
    const names = ['myio', 'collector'];
    const both = [variation('shared', 'collector', [cold]), variation('own', 'myio')];
    expect(pick(both, names, { weather: 'cold' })).toEqual(['own']);
    const own = [variation('own', 'myio', [cold]), variation('shared', 'collector')];
    expect(pick(own, names, { weather: 'cold' })).toEqual(['own']);
    expect(pick(own, names, { weather: 'warm' })).toEqual(['shared']);
  });

  it('are none where none fits', () => {
    expect(pick([variation('slack', 'slack')], ['rest'])).toEqual([]);
    expect(pick([variation('a', null, [cold])], ['rest'])).toEqual([]);
    expect(pick([], ['rest'])).toEqual([]);
  });
});

describe('conditions', () => {
  const holds = (value: SlotCondition['value'], slots: Slots): boolean =>
    pick([variation('a', null, [{ type: 'slot', name: 'x', value }])], [], slots).length === 1;

  it.each([
    ['cold', { x: 'Cold' }],
    ['straße', { x: 'STRASSE' }],
    [true, { x: true }],
    [12, { x: 12 }],
    [[], { x: [] }],
    [['a'], { x: ['a'] }],
    [null, {}],
    [null, { x: null }],
  ])('106: %j holds for %j', (value, slots) => expect(holds(value, slots)).toBe(true));

  it.each([
    ['cold', { x: 'colder' }],
    [true, { x: 'true' }],
    [12, { x: '12' }],
    [[], { x: {} }],
    [['a'], { x: ['A'] }],
    [false, {}],
    ['', {}],
    [null, { x: false }],
  ])('106: %j does not hold for %j', (value, slots) => expect(holds(value, slots)).toBe(false));

  it('find no slot that nobody has set, whatever it is called', () => {
    for (const name of ['constructor', 'toString', '__proto__']) {
      const unset: SlotCondition = { type: 'slot', name, value: null };
      expect(pick([variation('unset', null, [unset])], ['rest'])).toEqual(['unset']);
      expect(pick([variation('unset', null, [unset])], ['rest'], { [name]: 'x' })).toEqual([]);
    }
  });

  it('104: hold together', () => {
    const three: SlotCondition[] = [
      { type: 'slot', name: 'a', value: 'x' },
      { type: 'slot', name: 'b', value: 1 },
      { type: 'slot', name: 'c', value: false },
    ];
    const all = { a: 'X', b: 1, c: false };
    const get = (slots: Slots): string[] => pick([variation('v', null, three)], [], slots);
    expect(get(all)).toEqual(['v']);
    for (const changed of [{ a: 'y' }, { b: 2 }, { c: true }, { c: null }]) {
      expect(get({ ...all, ...changed })).toEqual([]);
    }
  });
});
