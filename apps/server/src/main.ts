/*
 * The example server: every channel that the environment configures, one assistant, one Express
 * application for everything else.
 */
import { ConfigurationError, StoreError, Trunkline } from '@trunkline/core';
import { RestInput } from '@trunkline/rest';
import { WebSocketInput } from '@trunkline/websocket';
import { createLogger, loadEnvironment, openStore, stopOnSignals } from 'trunkline';
import { createApp } from './app.ts';
import { createAssistant } from './assistant.ts';
import { banner } from './banner.ts';
import { platformChannels } from './platforms.ts';

/** What helps against an error, by its code. */
const HINTS = new Map([
  ['port', ', PORT=8080 npm start say'],
  ['host', ', LISTEN_HOST=127.0.0.1 npm start say'],
]);

try {
  const environment = loadEnvironment();
  const logger = createLogger(environment.logLevel);
  const { apiToken, host } = environment;
  const line = new Trunkline({
    channels: [
      new RestInput({ cors: true }),
      new WebSocketInput({ logger }),
      ...(await platformChannels(process.env, { publicUrl: environment.publicUrl, logger })),
    ],
    assistant: createAssistant({ pictureUrl: `${environment.publicUrl}/pizza.svg` }),
    store: await openStore(environment.store),
    logger,
    ...(apiToken === null ? {} : { api: { token: apiToken } }),
  });

  stopOnSignals(() => line.close());

  const fallback = createApp();
  await line.listen(environment.port, host === null ? { fallback } : { host, fallback });
  console.log(`${banner(environment.publicUrl, line)}\nCtrl-C stops it.`);
} catch (error) {
  if (!(error instanceof ConfigurationError || error instanceof StoreError)) throw error;
  console.error(`The server cannot start: ${error.message}${HINTS.get(error.code) ?? ''}.`);
  process.exit(1);
}
