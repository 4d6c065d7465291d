import { existsSync } from 'node:fs';
import { ConfigurationError } from '@trunkline/core';

/** What the environment says. */
export interface Environment {
  /** `PORT`. @defaultValue 5005 */
  port: number;
  /** `PUBLIC_URL`: where users reach the server. @defaultValue `http://localhost:<port>` */
  publicUrl: string;
  /** `STORE`: `sqlite:` and a file, a Redis URL, or `memory`. @defaultValue `sqlite:data/trunkline.db` */
  store: { type: 'memory' } | { type: 'sqlite'; file: string } | { type: 'redis'; url: string };
  /**
   * `TWILIO_ACCOUNT_SID`, `TWILIO_AUTH_TOKEN` and `TWILIO_NUMBER`: the SMS channel is there where all
   * three are. `null` where none is.
   */
  twilio: { accountSid: string; authToken: string; twilioNumber: string } | null;
  /** `SLACK_BOT_TOKEN` and `SLACK_SIGNING_SECRET`; `null` without them. */
  slack: { token: string; signingSecret: string } | null;
  /** `LOG_LEVEL`: debug, info, warn or error. @defaultValue info */
  logLevel: string;
}

const LOG_LEVELS = ['debug', 'info', 'warn', 'error'];

/** Reads `.env` in the current folder, if there is one, and the environment, which wins. */
export function loadEnvironment(): Environment {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return parseEnvironment(process.env);
}

/** @throws ConfigurationError - a variable is malformed. */
export function parseEnvironment(variables: NodeJS.ProcessEnv): Environment {
  const port = variables['PORT'] || '5005';
  const logLevel = (variables['LOG_LEVEL'] || 'info').toLowerCase();
  if (!/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65_535) {
    throw new ConfigurationError(`PORT must be a number from 1 to 65535, and is "${port}"`);
  }
  if (!LOG_LEVELS.includes(logLevel)) {
    throw new ConfigurationError(`LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}`);
  }
  const publicUrl = variables['PUBLIC_URL'] || `http://localhost:${port}`;
  if (!/^https?:\/\/[^/]/.test(publicUrl) || !URL.canParse(publicUrl)) {
    throw new ConfigurationError('PUBLIC_URL must be an address such as https://bot.example.org');
  }
  const store = parseStore(variables['STORE'] || 'sqlite:data/trunkline.db');
  return {
    port: Number(port),
    publicUrl: publicUrl.replace(/\/+$/, ''),
    store,
    twilio: parseTwilio(variables),
    slack: parseSlack(variables),
    logLevel,
  };
}

const TWILIO = ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_NUMBER'];

function parseTwilio(variables: NodeJS.ProcessEnv): Environment['twilio'] {
  const [accountSid, authToken, twilioNumber] = TWILIO.map((name) => variables[name]);
  if (accountSid && authToken && twilioNumber) return { accountSid, authToken, twilioNumber };
  const missing = TWILIO.filter((name) => !variables[name]);
  if (missing.length === TWILIO.length) return null;
  throw new ConfigurationError(`for SMS, set ${missing.join(' and ')} as well`);
}

/** Both or neither: one of them alone is a mistake, and not a server without Slack. */
function parseSlack(variables: NodeJS.ProcessEnv): Environment['slack'] {
  const { SLACK_BOT_TOKEN: token, SLACK_SIGNING_SECRET: signingSecret } = variables;
  if (!token && !signingSecret) return null;
  if (token && signingSecret) return { token, signingSecret };
  throw new ConfigurationError(
    `${token ? 'SLACK_SIGNING_SECRET' : 'SLACK_BOT_TOKEN'} is missing: Slack needs both`,
  );
}

function parseStore(text: string): Environment['store'] {
  if (text === 'memory') return { type: 'memory' };
  const file = /^sqlite:(.+)$/.exec(text)?.[1];
  if (file !== undefined) return { type: 'sqlite', file };
  if (/^rediss?:\/\//.test(text)) return { type: 'redis', url: text };
  throw new ConfigurationError(
    'STORE must be "sqlite:" and a file, a Redis URL such as redis://localhost:6379, or "memory"',
  );
}
