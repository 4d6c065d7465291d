import { isDeepStrictEqual } from 'node:util';
import type { CheckedVariation, SlotCondition, Slots } from './variation.ts';

/**
 * The variations that are equally good, in Rasa's order: those for the channel whose condition holds;
 * those for the channel; those whose condition holds; the others.
 *
 * @param channels - The channel's names, the one that counts most first.
 */
export function eligible(
  variations: readonly CheckedVariation[],
  channels: readonly string[],
  slots: Slots,
): CheckedVariation[] {
  const fitting = variations.filter(
    ({ condition }) => condition === null || condition.every((one) => holds(one, slots)),
  );
  for (const name of [...channels, null]) {
    const own = fitting.filter(({ channel }) => channel === name);
    const conditional = own.filter(({ condition }) => condition !== null);
    if (own.length > 0) return conditional.length > 0 ? conditional : own;
  }
  return [];
}

function holds({ name, value }: SlotCondition, slots: Slots): boolean {
  const slot = (Object.hasOwn(slots, name) ? slots[name] : null) ?? null;
  if (typeof slot === 'string' && typeof value === 'string') return fold(slot) === fold(value);
  return isDeepStrictEqual(slot, value);
}

/** Both ways, so that "STRASSE" is "straße". */
function fold(text: string): string {
  return text.toUpperCase().toLowerCase();
}
