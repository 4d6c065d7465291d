import { define } from './define.ts';

define();

export * from './client.ts';
export { ElementBase, TrunklineChat } from './element.ts';
export type { ChatLabels } from './view/labels.ts';
