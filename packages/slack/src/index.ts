export { SlackInput } from './channel.ts';
export type {
  ConversationGranularity,
  SlackInstallation,
  SlackOptions,
  SlackPaths,
  SlackToken,
} from './credentials.ts';
export type { OnInteraction, SlackInteraction } from './interaction.ts';
