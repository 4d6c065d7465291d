import { createHash } from 'node:crypto';
import { menuOptions, type MenuAnswer, type MenuOption } from '../channel/menu.ts';
import type { OutputChannel } from '../channel/output-channel.ts';
import { whenThere, type MaybePromise } from '../maybe-promise.ts';
import { responseFor, type BotMessage } from '../message/bot-message.ts';
import { problemOf } from '../message/check-response.ts';
import { isJsonObject, type JsonValue } from '../message/json.ts';
import type { UserMessage } from '../message/user-message.ts';
import type { KeyedValues } from '../store/contract.ts';
import { asFarAsJson } from './storable.ts';
import { isText, listOf, objectOf, optional } from './stored-form.ts';

/** Where the menu stands that a conversation has open. */
export const OPEN_MENU = 'menu';
const USED = 'menu-used';
const SHOWN_AGAIN = 'menu-again';

/** How long a message that a menu is stamped on may wait: so long beyond the menu's own time it is known that it was used. */
const MARK_TTL_MS = 24 * 60 * 60 * 1000;

interface Menu {
  id: string;
  options: MenuOption[];
  /** What showed it, but for what went beside it; what an earlier version has stored is without. */
  response?: BotMessage;
  /** What was said above the options, where that is all that is known of it. */
  text?: string;
}

/** What a message has become. */
export interface Resolved {
  /** The message, as the choice that it is, if it is one. */
  message: UserMessage;
  /** The menu, where it is shown once more instead of asking the assistant. */
  again: BotMessage | null;
}

/**
 * Numbered menus: what "1" means. A message is stamped with the menu that was open when it arrived,
 * and each menu is used once, so that of two quick "1"s the second never answers the next question.
 */
export class Menus {
  readonly #values: KeyedValues;

  constructor(values: KeyedValues) {
    this.#values = values;
  }

  /** The menu that is open, to stamp a message with that no store stamps. */
  stamp(key: string): MaybePromise<JsonValue> {
    return whenThere(this.#values.get(OPEN_MENU, key), (stored) => stored?.value ?? null);
  }

  /** What a message is to the menu that it is stamped with. A choice uses the menu. */
  resolve(
    output: OutputChannel,
    message: UserMessage,
    stamp: JsonValue,
    key: string,
  ): MaybePromise<Resolved> {
    const isPlain = message.choice !== null || !isMenu(stamp);
    const answer = isPlain ? null : output.answerOf(message.text, stamp.options);
    if (isPlain || answer === null) return { message, again: null };
    return this.#choose(answer, message, stamp, key, output.menuTtlMs + MARK_TTL_MS);
  }

  /**
   * The turn of a message was taken back, by a newer message say. Then the menu that it used is the newest
   * thing said still, and that message may answer it.
   */
  async release(messageId: string, stamp: JsonValue, key: string): Promise<void> {
    if (!isMenu(stamp)) return;
    const place = placeOf(key, stamp);
    const mark = await this.#values.get(USED, place);
    if (mark?.value === messageId) await this.#values.delete(USED, place);
  }

  async #choose(
    answer: NonNullable<MenuAnswer>,
    message: UserMessage,
    stamp: Menu,
    key: string,
    ttlMs: number,
  ): Promise<Resolved> {
    const plain: Resolved = { message, again: null };
    const { messageId } = message;
    if (answer === 'again') {
      const isUsed = (await this.#values.get(USED, placeOf(key, stamp))) !== null;
      const isShown = !isUsed && (await this.#mark(SHOWN_AGAIN, stamp, messageId, key, ttlMs));
      const { text = '', options, response = { text, buttons: options.map(toButton) } } = stamp;
      return isShown ? { message, again: response } : plain;
    }
    // It stays where it is, to be stamped on what comes meanwhile: this turn may be taken back.
    if (!(await this.#mark(USED, stamp, messageId, key, ttlMs))) return plain;
    return { message: message.with({ text: answer.payload, choice: answer }), again: null };
  }

  /** A response was delivered as a menu: it can be answered from now on. */
  async offer(
    output: OutputChannel,
    key: string,
    turnId: string,
    response: BotMessage,
  ): Promise<void> {
    const said = responseFor(output.name, response);
    const options = menuOptions(said);
    if (options.length === 0) return;
    const written = options.map(({ title, payload }) => ({ title, payload }));
    const id = `${turnId}:${digest(written)}`;
    const { image: _image, attachment: _attachment, custom: _custom, ...shown } = said;
    const menu = { id, options: written, response: asFarAsJson(shown) };
    await this.#values.set(OPEN_MENU, key, menu, { ttlMs: output.menuTtlMs });
  }

  /** The menu of a stamp was shown once more, and is the newest thing said. */
  async reopen(output: OutputChannel, key: string, stamp: JsonValue): Promise<void> {
    await this.#values.set(OPEN_MENU, key, stamp, { ttlMs: output.menuTtlMs });
  }

  /** The conversation went on without an answer: a later "1" answers something else. */
  async close(key: string, turnId: string): Promise<void> {
    const open = await this.stamp(key);
    if (isMenu(open) && !open.id.startsWith(`${turnId}:`))
      await this.#values.delete(OPEN_MENU, key);
  }

  /** Resolves to whether the mark on a menu is this message's, also if it has set it in an earlier run. */
  async #mark(
    namespace: string,
    menu: Menu,
    messageId: string,
    key: string,
    ttlMs: number,
  ): Promise<boolean> {
    const place = placeOf(key, menu);
    const options = { ttlMs };
    const isFirst = await this.#values.compareAndSet(namespace, place, null, messageId, options);
    return isFirst !== null || (await this.#values.get(namespace, place))?.value === messageId;
  }
}

const placeOf = (key: string, { id }: Menu): string => `${key}\n${id}`;

const toButton = ({ title, payload }: MenuOption): { title: string; payload: string } => ({
  title,
  payload,
});

/** The same in every run of a turn, and another one for another menu of it. */
function digest(options: readonly MenuOption[]): string {
  return createHash('sha256').update(JSON.stringify(options)).digest('base64url').slice(0, 16);
}

const isStored = objectOf({
  id: isText,
  options: listOf(objectOf({ title: isText, payload: isText })),
  response: optional((value) => isJsonObject(value) && problemOf(value) === null),
  text: optional(isText),
});

function isMenu(value: JsonValue): value is JsonValue & Menu {
  return isStored(value);
}
