/*
 * The names that our blocks carry, for the clicks that come back.
 */

const QUICK_REPLIES = 'trunkline_quick';

/** The `block_id` of a row of quick replies. */
export function quickReplyBlock(index: number): string {
  return `${QUICK_REPLIES}_${index}`;
}

/** Whether a block is a row of quick replies. */
export function isQuickReply(blockId: string | null): boolean {
  return blockId?.startsWith(QUICK_REPLIES) === true;
}

/** The `action_id` of a button or select. */
export function actionId(index: number): string {
  return `trunkline_${index}`;
}
