import { TrunklineChat } from './element.ts';

/** Makes the element known. Two copies of the script on a page are no reason to fail. */
export function define(): void {
  if (globalThis.customElements?.get('trunkline-chat') !== undefined) return;
  globalThis.customElements?.define('trunkline-chat', TrunklineChat);
}
