import type { Parsed } from './parse/parsed.ts';
import type { Payloads } from './payloads.ts';
import { isPayloadKey } from './render/payload-keys.ts';

/**
 * Puts the payload in the place of its key. One whose time is over is its title, as for a button that
 * never had a payload.
 */
export async function resolveChoice(parsed: Parsed, payloads: Payloads): Promise<Parsed> {
  const { choice } = parsed;
  if (choice === null || !isPayloadKey(choice.payload)) return parsed;
  const kept = await payloads.find(choice.payload);
  const payload = kept?.payload ?? choice.title;
  const title = kept?.title ?? choice.title;
  return { ...parsed, text: payload, choice: { ...choice, title, payload, values: [payload] } };
}
