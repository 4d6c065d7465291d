import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { loadCredentials, Trunkline, type InputChannel, type Logger } from '@trunkline/core';
import type { Command } from 'commander';
import { channelRows } from '../banner.ts';
import { loadEnvironment, urlAt } from '../environment.ts';
import { apiOf, onlyFor } from '../line-options.ts';
import { createLogger } from '../log.ts';
import type { Context } from '../program.ts';
import { Project, type ProjectOptions } from '../project.ts';
import { watchProject } from '../reload.ts';
import { stopOnSignals } from '../signals.ts';
import { openStore, type StoreName } from '../store.ts';
import { addProjectOptions, hostOption, portOption, storeOption } from './options.ts';

interface RunOptions extends ProjectOptions {
  credentials?: string;
  connector?: string;
  port?: number;
  host?: string;
  store?: StoreName;
}

const CREDENTIALS = 'credentials.yml';

/** Adds `trunkline run`. */
export function addRun(program: Command, context: Context): void {
  const command = program
    .command('run')
    .description('serve the assistant on its channels')
    .option('-c, --credentials <file>', 'the channels and their options (credentials.yml)')
    .option('--connector <channel>', 'this channel alone');
  addProjectOptions(command)
    .addOption(portOption())
    .addOption(hostOption())
    .addOption(storeOption())
    .addHelpText('after', NOTES)
    .action((options: RunOptions) => run(options, context));
}

const NOTES = `
What is not named is assistant.ts, .mts, .js or .mjs; credentials.yml, or else
the channel rest; the responses of domain.yml or domain/. The environment has
PORT (5005), LISTEN_HOST (all), STORE (sqlite:data/trunkline.db), PUBLIC_URL,
LOG_LEVEL, API_TOKEN. Unless NODE_ENV is production, assistant and responses are
loaded again when a file changes that they were loaded from.`;

async function run(options: RunOptions, { output, endWith }: Context): Promise<void> {
  const environment = loadEnvironment();
  const logger = createLogger(environment.logLevel);
  const project = new Project(options);
  const isWatched = process.env['NODE_ENV'] !== 'production';
  const reloading = isWatched
    ? await watchProject(project, {
        onReloaded: (hasOptions) => logger.info({}, reloaded(project, hasOptions)),
        onFailed: (sentence) => logger.error({}, sentence),
      })
    : null;
  const { assistant, responses, options: exported } = await project.load();
  const channels = await project.loadChannels(() => channelsOf(options, project, logger));
  const lineOptions = exported ?? {};
  const line = new Trunkline({
    ...(options.connector === undefined ? lineOptions : onlyFor(channels, lineOptions)),
    channels,
    assistant,
    ...(responses === null ? {} : { responses }),
    store: await openStore(options.store ?? environment.store),
    ...apiOf(environment.apiToken, lineOptions),
    logger,
  });
  stopOnSignals(async () => {
    await line.close();
    await reloading?.stop();
  });

  const host = options.host ?? environment.host;
  const server = await line.listen(options.port ?? environment.port, host === null ? {} : { host });
  endWith(null);
  reloading?.into(line);
  const { port } = server.address() as AddressInfo;
  const url = process.env['PUBLIC_URL'] ? environment.publicUrl : urlAt(host, port);
  output.write(`Trunkline serves ${project.assistant.module} on\n${channelRows(url, line)}`);
  output.write('Ctrl-C stops it.\n');
}

function reloaded({ assistant: { module } }: Project, hasOptions: boolean): string {
  const options = 'its options count from the next start on';
  return `${module} was loaded again${hasOptions ? `; ${options}` : ''}`;
}

/** The channels of the credentials file, or `rest` where there is neither that nor a connector. */
async function channelsOf(
  options: RunOptions,
  { modules }: Project,
  logger: Logger,
): Promise<InputChannel[]> {
  const file = options.credentials ?? (existsSync(CREDENTIALS) ? CREDENTIALS : null);
  if (file === null && options.connector === undefined) {
    logger.info({}, `there is no ${CREDENTIALS}: the channel is rest`);
  }
  const connector = options.connector ?? (file === null ? 'rest' : null);
  const { channels, used, ignored } = await loadCredentials({
    file,
    connector,
    modules,
    env: process.env,
  });
  if (file !== null && used.length === 0) {
    logger.info({ ignored }, `${file} names no ${connector}: it is served without options`);
  } else if (ignored.length > 0) {
    const why =
      connector === null
        ? `${ignored.join(', ')} of ${file} is left out: it is no channel`
        : `only ${connector} is used of ${file}`;
    logger.info({ ignored }, why);
  }
  return channels;
}
