import type { ModuleRef } from './module-ref.ts';

/**
 * The channels that have a name of their own, and where their classes are. Only names: the packages are
 * the user's to install.
 */
export const BUILT_IN: Readonly<Record<string, ModuleRef>> = {
  rest: { module: '@trunkline/rest', name: 'RestInput' },
  websocket: { module: '@trunkline/websocket', name: 'WebSocketInput' },
  slack: { module: '@trunkline/slack', name: 'SlackInput' },
  sms: { module: '@trunkline/sms', name: 'SmsInput' },
  // Rasa's name for the same.
  twilio: { module: '@trunkline/sms', name: 'SmsInput' },
};
