import { ConfigurationError, type InputChannel, type Logger } from '@trunkline/core';

/** What a platform's channel is made of, beside its credentials. */
export interface PlatformContext {
  /** Where the platform reaches the server. */
  publicUrl: string;
  logger: Logger;
}

const TWILIO = ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_NUMBER'] as const;
const SLACK = ['SLACK_BOT_TOKEN', 'SLACK_SIGNING_SECRET'] as const;

/**
 * The channels of the platforms that the environment has credentials of. Only their packages are
 * loaded.
 *
 * @throws ConfigurationError - some of a platform's variables are set, but not all.
 */
export async function platformChannels(
  variables: NodeJS.ProcessEnv,
  { publicUrl, logger }: PlatformContext,
): Promise<InputChannel[]> {
  const channels: InputChannel[] = [];
  const slack = allOrNone(variables, 'Slack', SLACK);
  if (slack !== null) {
    const { SlackInput } = await import('@trunkline/slack');
    const { SLACK_BOT_TOKEN: token, SLACK_SIGNING_SECRET: signingSecret } = slack;
    channels.push(new SlackInput({ token, signingSecret, logger }));
  }
  const twilio = allOrNone(variables, 'SMS', TWILIO);
  if (twilio !== null) {
    const { SmsInput } = await import('@trunkline/sms');
    const { TWILIO_ACCOUNT_SID: accountSid, TWILIO_AUTH_TOKEN: authToken } = twilio;
    const twilioNumber = twilio.TWILIO_NUMBER;
    channels.push(new SmsInput({ accountSid, authToken, twilioNumber, publicUrl, logger }));
  }
  return channels;
}

/** One variable without the others is a mistake, and not a server without the platform. */
function allOrNone<Name extends string>(
  variables: NodeJS.ProcessEnv,
  platform: string,
  names: readonly Name[],
): Record<Name, string> | null {
  const values = {} as Record<Name, string>; // Filled in below, or not given out.
  for (const name of names) values[name] = variables[name] ?? '';
  const missing = names.filter((name) => values[name] === '');
  if (missing.length === names.length) return null;
  if (missing.length === 0) return values;
  throw new ConfigurationError(`for ${platform}, set ${missing.join(' and ')} as well`);
}
