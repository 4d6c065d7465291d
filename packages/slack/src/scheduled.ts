import { DeliveryError, isJsonObject, type Extra } from '@trunkline/core';
import { uploadOf } from './uploads.ts';

/**
 * Refuses what is to be said later and cannot be: Slack would say it at once. It schedules messages that
 * everybody in a channel sees, and neither files nor what one user alone sees.
 *
 * @throws DeliveryError
 * @see Slack: chat.scheduleMessage
 */
export function assertSchedulable(
  channel: string,
  { postAt, ephemeral, attachment }: Extra & { attachment?: unknown },
): void {
  if (postAt === undefined || postAt === null) return;
  if (typeof postAt !== 'number') {
    throw refusal(channel, 'postAt must be a number: seconds since 1970');
  }
  const isUpload = isJsonObject(attachment) && uploadOf(attachment) !== null;
  if (isUpload) {
    throw refusal(channel, 'Slack schedules no file: send it when it is due, or send a link to it');
  }
  if (ephemeral === true || typeof ephemeral === 'string') {
    throw refusal(
      channel,
      'Slack schedules nothing that one user alone sees: send it when it is due',
    );
  }
}

function refusal(channel: string, message: string): DeliveryError {
  return new DeliveryError(message, { channel, code: 'not_schedulable' });
}
