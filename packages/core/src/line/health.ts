import type { InputChannel, Route } from '../channel/input-channel.ts';
import { sendJson } from '../http/problem.ts';
import { within, type Clock } from '../clock.ts';
import { toError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Store } from '../store/contract.ts';

/** How long a channel or the store may take to say that it is ready, in milliseconds. */
const READY_MS = 3_000;

/** What is looked at. */
export interface HealthOptions {
  channels: readonly InputChannel[];
  store: Store;
  clock: Clock;
  logger: Logger;
  /** Whether the line takes no more messages. */
  isClosing: () => boolean;
}

/** `GET /health`: the process is alive. `GET /ready`: its channels and its store can be used. */
export function healthRoutes({
  channels,
  store,
  clock,
  logger,
  isClosing,
}: HealthOptions): Route[] {
  const check = async (
    name: string,
    ready: () => Promise<void> | undefined,
  ): Promise<'ok' | 'failed'> => {
    try {
      await within(clock, READY_MS, Promise.resolve(ready()));
      return 'ok';
    } catch (error) {
      logger.warn({ err: toError(error), part: name }, `${name} is not ready`);
      return 'failed';
    }
  };
  return [
    { method: 'GET', path: '/health', handle: (_req, res) => sendJson(res, 200, { status: 'ok' }) },
    {
      method: 'GET',
      path: '/ready',
      async handle(_req, res) {
        const [storeStatus, ...channelStatuses] = await Promise.all([
          check('store', () => store.ready()),
          ...channels.map((channel) => check(channel.name, () => channel.ready?.())),
        ]);
        const isReady =
          !isClosing() &&
          storeStatus === 'ok' &&
          channelStatuses.every((status) => status === 'ok');
        sendJson(res, isReady ? 200 : 503, {
          status: isReady ? 'ready' : 'not ready',
          store: storeStatus,
          channels: Object.fromEntries(channels.map(({ name }, i) => [name, channelStatuses[i]])),
        });
      },
    },
  ];
}
