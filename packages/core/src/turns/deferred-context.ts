import type { OutputChannel } from '../channel/output-channel.ts';
import type { Clock } from '../clock.ts';
import type { BotMessage } from '../message/bot-message.ts';
import type { Address, UserMessage } from '../message/user-message.ts';
import type { Store } from '../store/contract.ts';
import type { Telemetry } from '../telemetry.ts';
import type { AddressBook } from './address-book.ts';
import type { AssistantObject } from './assistant.ts';
import type { DeadLetterBox } from './dead-letters.ts';
import type { DeliveryOptions } from './delivery-options.ts';
import type { History } from './history.ts';
import type { TurnLimits } from './limits.ts';
import type { Menus } from './menus.ts';
import type { ResolvedOverlap } from './overlap.ts';
import type { Patience } from './patience.ts';
import type { Schedule } from './schedule.ts';
import type { Sessions } from './sessions.ts';
import type { Slots } from './slots.ts';
import type { Speaker } from './speaker.ts';

/** What deferred turns work with. */
export interface DeferredContext {
  store: Store;
  clock: Clock;
  telemetry: Telemetry;
  limits: Required<TurnLimits>;
  policy: Required<DeliveryOptions>;
  overlap: ResolvedOverlap;
  schedule: Schedule;
  speaker: Speaker;
  history: History;
  menus: Menus;
  sessions: Sessions;
  addresses: AddressBook;
  deadLetters: DeadLetterBox;
  patience: Patience;
  /** One at a time of the turns that several processes have died with. */
  suspects: Slots;
  /** Whoever answers. */
  assistant: () => AssistantObject;
  /** How a channel reaches an address. */
  outputFor: (channel: string, address: Address) => OutputChannel;
  /** What is said where the assistant has failed; `null` for nothing. */
  apologyFor: (message: UserMessage, error: Error) => BotMessage | null;
}
