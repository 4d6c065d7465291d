export { SlackInput, type SlackParts } from './channel.ts';
export type {
  ConversationGranularity,
  SlackInstallation,
  SlackOptions,
  SlackPaths,
  SlackToken,
} from './credentials.ts';
export type { DownloadOptions } from './downloads.ts';
export { PostedMessage, type PostedChange } from './posted.ts';
export type { OnInteraction, SlackInteraction } from './interaction.ts';
