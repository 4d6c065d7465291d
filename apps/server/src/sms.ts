import type { InputChannel, Logger } from '@trunkline/core';
import type { Environment } from './environment.ts';

/** The SMS channel, where the environment configures it. Only then is its package loaded. */
export async function createSms(
  { twilio, publicUrl }: Pick<Environment, 'twilio' | 'publicUrl'>,
  logger: Logger,
): Promise<InputChannel[]> {
  if (twilio === null) return [];
  const { SmsInput } = await import('@trunkline/sms');
  return [new SmsInput({ ...twilio, publicUrl, logger })];
}
