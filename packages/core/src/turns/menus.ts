import { createHash } from 'node:crypto';
import { chosenFrom, menuOptions, type MenuOption } from '../channel/menu.ts';
import type { BotMessage } from '../message/bot-message.ts';
import { isJsonObject, type JsonValue } from '../message/json.ts';
import type { UserMessage } from '../message/user-message.ts';
import type { KeyedValues } from '../store/contract.ts';

/** Where the menu stands that a conversation has open. */
export const OPEN_MENU = 'menu';
const USED = 'menu-used';

/** How long a menu can be answered. */
const TTL_MS = 24 * 60 * 60 * 1000;

interface Menu {
  id: string;
  options: MenuOption[];
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
  async stamp(key: string): Promise<JsonValue> {
    return (await this.#values.get(OPEN_MENU, key))?.value ?? null;
  }

  /** The message as the choice that it is, if it is one. Uses the menu. */
  async resolve(message: UserMessage, stamp: JsonValue, key: string): Promise<UserMessage> {
    if (message.choice !== null || !isMenu(stamp)) return message;
    const choice = chosenFrom(message.text, stamp.options);
    if (choice === null || !(await this.#use(stamp, message.messageId, key))) return message;
    return message.with({ text: choice.payload, choice });
  }

  /** A response was delivered as a menu: it can be answered from now on. */
  async offer(key: string, turnId: string, response: BotMessage): Promise<void> {
    const options = menuOptions(response);
    if (options.length === 0) return;
    const written = options.map(({ title, payload }) => ({ title, payload }));
    const menu = { id: `${turnId}:${digest(written)}`, options: written };
    await this.#values.set(OPEN_MENU, key, menu, { ttlMs: TTL_MS });
  }

  /** The conversation went on without an answer: a later "1" answers something else. */
  async close(key: string, turnId: string): Promise<void> {
    const open = await this.stamp(key);
    if (isMenu(open) && !open.id.startsWith(`${turnId}:`))
      await this.#values.delete(OPEN_MENU, key);
  }

  /** Resolves to whether the menu is this message's, also if it has taken it in an earlier run. */
  async #use({ id }: Menu, messageId: string, key: string): Promise<boolean> {
    const place = `${key}\n${id}`;
    const isFirst = await this.#values.compareAndSet(USED, place, null, messageId, {
      ttlMs: TTL_MS,
    });
    if (isFirst === null) return (await this.#values.get(USED, place))?.value === messageId;
    const open = await this.stamp(key);
    if (isMenu(open) && open.id === id) await this.#values.delete(OPEN_MENU, key);
    return true;
  }
}

/** The same in every run of a turn, and another one for another menu of it. */
function digest(options: readonly MenuOption[]): string {
  return createHash('sha256').update(JSON.stringify(options)).digest('base64url').slice(0, 16);
}

function isMenu(value: JsonValue): value is JsonValue & Menu {
  return isJsonObject(value) && typeof value['id'] === 'string' && Array.isArray(value['options']);
}
