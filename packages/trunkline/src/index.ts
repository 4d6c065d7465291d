export { channelRows } from './banner.ts';
export { loadEnvironment, parseEnvironment, type Environment } from './environment.ts';
export type { LineOptions } from './line-options.ts';
export { createLogger } from './log.ts';
export { stopOnSignals } from './signals.ts';
export { openStore, parseStore, type StoreName } from './store.ts';
