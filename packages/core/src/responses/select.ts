import { isDeepStrictEqual } from 'node:util';
import type { CheckedVariation, SlotCondition, Slots } from './variation.ts';

/**
 * The variations that are equally good, in Rasa's order: those for the channel whose condition holds;
 * those for the channel; those whose condition holds; the others.
 *
 * @param channels - The channel's names.
 */
export function eligible(
  variations: readonly CheckedVariation[],
  channels: readonly string[],
  slots: Slots,
): CheckedVariation[] {
  const groups: CheckedVariation[][] = [[], [], [], []];
  for (const variation of variations) {
    const { channel, condition } = variation;
    if (channel !== null && !channels.includes(channel)) continue;
    if (condition?.every((one) => holds(one, slots)) === false) continue;
    groups[(channel === null ? 2 : 0) + (condition === null ? 1 : 0)]?.push(variation);
  }
  return groups.find((group) => group.length > 0) ?? [];
}

function holds({ name, value }: SlotCondition, slots: Slots): boolean {
  const slot = slots[name] ?? null;
  if (typeof slot === 'string' && typeof value === 'string') return fold(slot) === fold(value);
  return isDeepStrictEqual(slot, value);
}

/** Both ways, so that "STRASSE" is "straße". */
function fold(text: string): string {
  return text.toUpperCase().toLowerCase();
}
