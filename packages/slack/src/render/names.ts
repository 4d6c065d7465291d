/*
 * The names that our blocks carry, for the clicks that come back.
 */

import { createHash } from 'node:crypto';
import type { JsonValue } from '@trunkline/core';

const QUICK_REPLIES = 'trunkline_quick';

/**
 * The name of a set of quick replies: the same for the same ones, so that a second rendering is the same;
 * another one for those that take their place in the same message.
 */
export function quickReplySet(content: JsonValue): string {
  const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  return `${QUICK_REPLIES}_${hash.slice(0, 16)}`;
}

/** The `block_id` of a row of them. */
export function quickReplyBlock(set: string, row: number): string {
  return `${set}_${row}`;
}

/** The set that a row belongs to. */
export function setOfBlock(blockId: string): string {
  return blockId.slice(0, blockId.lastIndexOf('_'));
}

/** Whether a block is a row of quick replies. */
export function isQuickReply(blockId: string): boolean {
  return blockId.startsWith(`${QUICK_REPLIES}_`);
}

/** The `action_id` of a button or select. */
export function actionId(index: number): string {
  return `trunkline_${index}`;
}
