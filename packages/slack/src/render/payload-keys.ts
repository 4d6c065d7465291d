import { createHash } from 'node:crypto';

/** A payload that is kept in the store. */
export interface KeptPayload {
  key: string;
  payload: string;
  title: string;
}

const PREFIX = 'trunkline:';

/** The key of a payload: the same for the same button, so that a second rendering is the same. */
export function keyOfPayload(payload: string, title: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([payload, title]))
    .digest('base64url');
  return PREFIX + hash;
}

/** Whether a value that came back is a key. */
export function isPayloadKey(value: string): boolean {
  return value.startsWith(PREFIX);
}
