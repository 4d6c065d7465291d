export { SmsInput } from './channel.ts';
export type { SmsAccount, SmsMenuOptions, SmsOptions } from './options.ts';
export type { DownloadOptions } from './downloads.ts';
export type { SmsParameters } from './parameters.ts';
export type { SmsStatus } from './status.ts';
