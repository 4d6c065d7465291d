/*
 * The example server: every channel that the environment configures, one assistant, one Express
 * application for everything else.
 */
import { ConfigurationError, StoreError, Trunkline } from '@trunkline/core';
import { RestInput } from '@trunkline/rest';
import { SlackInput } from '@trunkline/slack';
import { WebSocketInput } from '@trunkline/websocket';
import { createApp } from './app.ts';
import { createAssistant } from './assistant.ts';
import { banner } from './banner.ts';
import { loadEnvironment } from './environment.ts';
import { createLogger } from './log.ts';
import { stopOnSignals } from './signals.ts';
import { createSms } from './sms.ts';
import { openStore } from './store.ts';

try {
  const environment = loadEnvironment();
  const logger = createLogger(environment.logLevel);
  const line = new Trunkline({
    channels: [
      new RestInput({ cors: true }),
      new WebSocketInput(),
      ...(await createSms(environment, logger)),
      ...(environment.slack === null ? [] : [new SlackInput({ ...environment.slack, logger })]),
    ],
    assistant: createAssistant({ pictureUrl: `${environment.publicUrl}/pizza.svg` }),
    store: await openStore(environment.store),
    logger,
  });

  stopOnSignals(() => line.close());

  await line.listen(environment.port, { fallback: createApp() });
  console.log(`${banner(environment.publicUrl, line)}\nCtrl-C stops it.`);
} catch (error) {
  if (!(error instanceof ConfigurationError || error instanceof StoreError)) throw error;
  const hint = error.code === 'port' ? ', PORT=8080 npm start say' : '';
  console.error(`The server cannot start: ${error.message}${hint}.`);
  process.exit(1);
}
