export { RasaAssistant } from './assistant.ts';
export { RasaCallback, type SayInTurn } from './callback.ts';
export type { RasaCallbackOptions } from './callback-options.ts';
export { RasaError, type RasaErrorCode } from './errors.ts';
export type { RasaJwt, RasaOptions } from './options.ts';
export type { RasaConversation, SenderIds } from './sender-ids.ts';
export type { TokenMode } from './tokens.ts';
