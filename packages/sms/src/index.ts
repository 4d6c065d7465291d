export { SmsInput } from './channel.ts';
export type { SmsAccount, SmsMenuOptions, SmsOptions } from './credentials.ts';
export type { SmsParameters } from './parameters.ts';
export type { SmsStatus } from './status.ts';
