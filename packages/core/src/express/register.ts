import type { Application } from 'express';
import type { InputChannel } from '../channel/input-channel.ts';
import type { TrunklineOptions } from '../line/options.ts';
import { Trunkline } from '../line/trunkline.ts';
import { guardLogger, silentLogger, type Logger } from '../logger.ts';
import { toAssistant, type Assistant, type AssistantObject } from '../turns/assistant.ts';
import { router } from './router.ts';

/** Options of {@link register}: those of a `Trunkline`, and whoever answers may come later. */
export interface RegisterOptions extends Omit<TrunklineOptions, 'channels' | 'assistant'> {
  /**
   * Whoever answers. Where it is left out, `app.locals.assistant` is asked for at every message, so
   * that it can be set and replaced after the channels are registered.
   */
  assistant?: Assistant;
}

/**
 * Mounts channels on an Express application, as Rasa's `register` does on Sanic:
 * `/webhooks/rest`, `/webhooks/slack`, … Without an assistant, messages are ignored and logged.
 *
 * @param channels - The channels. Found again at `app.locals.inputChannels`.
 * @param app - Your application. No body parser may be mounted ahead of this.
 * @param options - `route` is where the channels are mounted, `/webhooks/` by default; a channel
 *   whose `urlPrefix()` begins with `/` is mounted there instead, and `null` mounts all at the root.
 * @returns The line, for `attach` and `close`.
 */
export function register(
  channels: readonly InputChannel[],
  app: Application,
  options: RegisterOptions = {},
): Trunkline {
  const logger = guardLogger(options.logger ?? silentLogger);
  const line = new Trunkline({
    ...options,
    channels,
    assistant: options.assistant ?? lateAssistant(() => app.locals['assistant'], logger),
  });
  app.locals['inputChannels'] = channels;
  app.use(router(line));
  return line;
}

/** Whoever answers by the time that a message comes. Until then messages are ignored, as in Rasa. */
function lateAssistant(find: () => unknown, logger: Logger): AssistantObject {
  let channels: readonly InputChannel[] = [];
  /** The last one, which knows the channels. */
  let known: unknown = null;
  const current = (): AssistantObject | null => {
    const found = find() ?? null;
    if (found === null) return null;
    const assistant = toAssistant(found);
    if (found !== known) assistant.onChannels?.(channels);
    known = found;
    return assistant;
  };
  return {
    onChannels: (all) => void (channels = all),
    async handle(message, reply) {
      const assistant = current();
      if (assistant === null) {
        logger.warn(
          {},
          'a message is ignored: set app.locals.assistant, or pass an assistant to register()',
        );
      } else await assistant.handle(message, reply);
    },
    onEvent: async (event, reply) => current()?.onEvent?.(event, reply),
    trackerState: async (message) => (await current()?.trackerState?.(message)) ?? null,
    triggerIntent: async (intent, reply) => current()?.triggerIntent?.(intent, reply),
    async knowsIntent(name) {
      const assistant = current();
      if (assistant?.triggerIntent === undefined) return false;
      return (await assistant.knowsIntent?.(name)) ?? true;
    },
    close: async () => (find() as Partial<AssistantObject> | null | undefined)?.close?.(),
  };
}
