export { CollectingOutputChannel } from './channel/collecting-output-channel.ts';
export type { CollectedMessage } from './channel/collected.ts';
export type { Delivery, DeliveryStep, Receipt, WasSent } from './channel/delivery.ts';
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
export {
  chosenFrom,
  isOption,
  menuOptions,
  menuText,
  nameThemselves,
  type MenuAnswer,
  type MenuOption,
} from './channel/menu.ts';
export type { ChannelLimits } from './channel/channel-limits.ts';
export {
  OutputChannel,
  type InterruptedStream,
  type TrackerState,
} from './channel/output-channel.ts';
export { QueueOutputChannel, type QueuedOutput } from './channel/queue-output-channel.ts';
export { splitText, type SplitOptions } from './channel/split-text.ts';
export { systemClock, within, type Clock } from './clock.ts';
export {
  loadCredentials,
  type CredentialsOptions,
  type LoadedChannels,
} from './credentials/load-credentials.ts';
export { isModulePath, parseModuleRef, type ModuleRef } from './credentials/module-ref.ts';
export { nodeModules, type Modules } from './credentials/modules.ts';
export {
  ConfigurationError,
  DeliveryError,
  isOptedOut,
  MalformedPayloadError,
  OverloadedError,
  ProactiveError,
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
export {
  isDeeperThan,
  readBody,
  readJson,
  type ReadBodyOptions,
  type ReadJsonOptions,
} from './http/body.ts';
export {
  isKnownToken,
  resolveJwt,
  resolveTokens,
  verifySubject,
  type JwtOptions,
  type ResolvedJwt,
} from './http/jwt.ts';
export { pathOf, queryOf } from './http/path.ts';
export {
  problemOf,
  sendError,
  sendJson,
  sendProblem,
  sendText,
  type Problem,
} from './http/problem.ts';
export type { ApiOptions } from './line/api/options.ts';
export { refuseUpgrade } from './line/upgrades.ts';
export type { ListenOptions, TrunklineOptions } from './line/options.ts';
export { Trunkline } from './line/trunkline.ts';
export { guardLogger, type LogMethod, type Logger } from './logger.ts';
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
export { responseFor } from './message/bot-message.ts';
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
  Added,
  AddTurnOptions,
  KeepOptions,
  KeyedLists,
  KeyedValues,
  ListOptions,
  Lock,
  LockOptions,
  NewTurn,
  NumberedItem,
  Signals,
  Store,
  StoredEntry,
  StoredTurn,
  StoredTurns,
  StoredValue,
  TurnChanges,
} from './store/contract.ts';
export { assertKnownOptions, type OptionsPlace } from './names.ts';
export { Responses, type ResponseContext, type ResponsesOptions } from './responses/responses.ts';
export type { ResponseVariation, SlotCondition, Slots } from './responses/variation.ts';
export { isPromise, settle, whenThere, type MaybePromise } from './maybe-promise.ts';
export { LocalSignals } from './store/local-signals.ts';
export { LocalLocks } from './store/local-locks.ts';
export { MemoryStore, type MemoryStoreOptions } from './store/memory-store.ts';
export { toBotMessage } from './responses/to-bot-message.ts';
export type { ErrorContext, Hooks, SendReport, Stage, TurnReport } from './telemetry.ts';
export type { Apology } from './turns/apology.ts';
export type {
  Assistant,
  AssistantObject,
  Handle,
  Middleware,
  TriggeredIntent,
} from './turns/assistant.ts';
export type { ConversationRef, OnNewMessage, RunOptions, Turns } from './turns/contract.ts';
export type { ChannelStore } from './turns/channel-store.ts';
export { deadLettersIn, type DeadLetter, type DeadLetters } from './turns/dead-letters.ts';
export type { DeliveryOptions } from './turns/delivery-options.ts';
export { failureOf, type SendFailure } from './turns/failure.ts';
export type { HistoryEntry, HistoryOptions } from './turns/history.ts';
export type { LastSeen } from './turns/address-book.ts';
export type { TurnLimits } from './turns/limits.ts';
export type { Overlap, OverlapOptions } from './turns/overlap.ts';
export type { Posted, ProactiveOptions } from './turns/proactive.ts';
export type { Pending, Proactive, Progress, Step } from './turns/progress.ts';
export type { Reply, Sent, Transform, TransformOptions } from './turns/reply.ts';
export type { SessionOptions } from './turns/sessions.ts';
export type { IntentOptions } from './turns/triggered-intent.ts';
