export { CollectingOutputChannel } from './channel/collecting-output-channel.ts';
export type { CollectedMessage } from './channel/collected.ts';
export type { Delivery, DeliveryStep, Receipt } from './channel/delivery.ts';
export {
  attachmentText,
  buttonText,
  customJsonText,
  elementLine,
  elementText,
  imageText,
  responseTexts,
} from './channel/fallbacks.ts';
export {
  InputChannel,
  type Blueprint,
  type Route,
  type UpgradeHandler,
} from './channel/input-channel.ts';
export { OutputChannel, type ChannelLimits, type TrackerState } from './channel/output-channel.ts';
export { QueueOutputChannel, type QueuedOutput } from './channel/queue-output-channel.ts';
export { systemClock, type Clock } from './clock.ts';
export {
  ConfigurationError,
  DeliveryError,
  MalformedPayloadError,
  OverloadedError,
  RetryableError,
  StoreError,
  TrunklineError,
  TurnAbortedError,
  UnauthenticatedError,
  type AbortReason,
  type DeliveryErrorOptions,
  type OverloadReason,
  type TrunklineErrorOptions,
} from './errors.ts';
export { clientGone } from './http/client-gone.ts';
export { isDeeperThan, readBody, readJson, type ReadBodyOptions } from './http/body.ts';
export { pathOf, queryOf } from './http/path.ts';
export {
  problemOf,
  sendError,
  sendJson,
  sendProblem,
  sendText,
  type Problem,
} from './http/problem.ts';
export { refuseUpgrade } from './line/upgrades.ts';
export type { ListenOptions, TrunklineOptions } from './line/options.ts';
export { Trunkline } from './line/trunkline.ts';
export type { LogMethod, Logger } from './logger.ts';
export type {
  Attachment,
  BotMessage,
  Button,
  ChannelOverrides,
  Element,
  Extra,
  QuickReply,
  ResponseParts,
} from './message/bot-message.ts';
export type { ChannelEvent } from './message/event.ts';
export { isJsonObject, type JsonObject, type JsonValue } from './message/json.ts';
export {
  DEFAULT_SENDER_ID,
  UserMessage,
  type Address,
  type Choice,
  type Metadata,
  type UserAttachment,
  type UserMessageOptions,
} from './message/user-message.ts';
export type {
  KeepOptions,
  KeyedValues,
  Lock,
  LockOptions,
  Store,
  StoredValue,
} from './store/contract.ts';
export { LocalLocks } from './store/local-locks.ts';
export { MemoryStore, type MemoryStoreOptions } from './store/memory-store.ts';
export type { ErrorContext, Hooks, SendReport, Stage, TurnReport } from './telemetry.ts';
export type { Assistant, AssistantObject, Handle, Middleware } from './turns/assistant.ts';
export type { ConversationRef, OnNewMessage, RunOptions, Turns } from './turns/contract.ts';
export type { HistoryEntry, HistoryOptions } from './turns/history.ts';
export type { TurnLimits } from './turns/limits.ts';
export type { Reply, Sent, Transform, TransformOptions } from './turns/reply.ts';
