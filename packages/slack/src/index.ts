export { SlackInput, type SlackParts } from './channel.ts';
export type { ConversationGranularity, SlackOptions, SlackPaths } from './credentials.ts';
export type { DownloadOptions } from './downloads.ts';
export type { PostedChange, PostedMessage } from './posted.ts';
export type { OnInteraction, SlackInteraction } from './interaction.ts';
export type { SlackInstallation, SlackToken } from './token.ts';
