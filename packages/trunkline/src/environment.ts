import { isUtf8 } from 'node:buffer';
import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { ConfigurationError } from '@trunkline/core';
import { parseStore, type StoreName } from './store.ts';

/** What the environment says. */
export interface Environment {
  /** `PORT`. @defaultValue 5005 */
  port: number;
  /** `LISTEN_HOST`: the address to listen on; `null` for all. */
  host: string | null;
  /** `PUBLIC_URL`: where users reach the server. @defaultValue `http://localhost:<port>` */
  publicUrl: string;
  /** `STORE`: `sqlite:` and a file, a Redis URL, or `memory`. @defaultValue `sqlite:data/trunkline.db` */
  store: StoreName;
  /** `LOG_LEVEL`: debug, info, warn or error. @defaultValue info */
  logLevel: string;
  /** `API_TOKEN`: who knows it may send proactive messages. @defaultValue nobody may */
  apiToken: string | null;
}

const LOG_LEVELS = ['debug', 'info', 'warn', 'error'];

/**
 * Reads `.env` in the current folder, if there is one, and the environment, which wins.
 *
 * @throws ConfigurationError - one is malformed, or the file cannot be read.
 */
export function loadEnvironment(): Environment {
  if (existsSync('.env')) loadFile('.env');
  return parseEnvironment(process.env);
}

/**
 * A container that is given a file which is not there makes a folder of it. Node's own `loadEnvFile` says
 * nothing clear of that, and takes the mark that editors put ahead of UTF-8 for a part of the first name.
 */
function loadFile(file: string): void {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    const message = `${file} cannot be read: it must be a file, and this user must be let in`;
    throw new ConfigurationError(message, { cause });
  }
  if (!isUtf8(bytes)) throw new ConfigurationError(`${file} is not UTF-8: save it as UTF-8`);
  const variables = parseEnv(bytes.toString('utf8').replace(/^\ufeff/, ''));
  for (const [name, value] of Object.entries(variables)) process.env[name] ??= value;
}

/** Reads variables. @throws ConfigurationError - one is malformed. */
export function parseEnvironment(variables: NodeJS.ProcessEnv): Environment {
  const port = parsePort(variables['PORT'] || '5005', 'PORT', 1);
  const host = variables['LISTEN_HOST'] ? parseHost(variables['LISTEN_HOST'], 'LISTEN_HOST') : null;
  const logLevel = (variables['LOG_LEVEL'] || 'info').toLowerCase();
  if (!LOG_LEVELS.includes(logLevel)) {
    throw new ConfigurationError(`LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}`);
  }
  const publicUrl = variables['PUBLIC_URL'] || urlAt(host, port);
  // Nobody has set PUBLIC_URL. An address with a zone, fe80::1%eth0, is one that users cannot be given.
  if (!variables['PUBLIC_URL'] && !URL.canParse(publicUrl)) throw wrongHost('LISTEN_HOST');
  if (!/^https?:\/\/[^/]/.test(publicUrl) || !URL.canParse(publicUrl)) {
    throw new ConfigurationError('PUBLIC_URL must be an address such as https://bot.example.org');
  }
  const store = parseStore(variables['STORE'] || 'sqlite:data/trunkline.db', 'STORE');
  return {
    port,
    host,
    publicUrl: publicUrl.replace(/\/+$/, ''),
    store,
    logLevel,
    apiToken: variables['API_TOKEN'] || null,
  };
}

/** Where a server is reached that listens there, from its own machine. */
export function urlAt(host: string | null, port: number): string {
  if (host === null || host === '0.0.0.0' || host === '::') return `http://localhost:${port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Reads a host. `what` names it in the error. */
export function parseHost(text: string, what: string): string {
  if (/^[^\s/]+$/.test(text)) return text;
  throw wrongHost(what);
}

function wrongHost(what: string): ConfigurationError {
  return new ConfigurationError(`${what} must be an address of this machine, 127.0.0.1 say`);
}

/** Reads a port. `what` names it in the error. */
export function parsePort(text: string, what: string, lowest: 0 | 1): number {
  if (/^\d{1,5}$/.test(text) && Number(text) >= lowest && Number(text) <= 65_535) {
    return Number(text);
  }
  throw new ConfigurationError(
    `${what} must be a number from ${lowest} to 65535, and is "${text}"`,
  );
}
