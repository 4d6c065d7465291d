import type { ActionsBlock, Button as SlackButton, KnownBlock, StaticSelect } from '@slack/types';
import type { Button } from '@trunkline/core';
import { escapeText } from './escape.ts';
import { chunksOf, lengthOf, LIMITS, shorten } from './limits.ts';
import { blockMessage, ownBlocks, rendered, type RenderContext, type Rendered } from './message.ts';
import { actionId, quickReplyBlock, quickReplySet } from './names.ts';
import { isPayloadKey, keyOfPayload, type KeptPayload } from './payload-keys.ts';
import { textMessages } from './text.ts';

/** A text with what can be pressed below it. */
export interface Choices {
  text: string;
  buttons: readonly Button[];
}

/** Buttons in a row: more would be folded away on a phone. */
const ROW = 5;

/** More than this many are a menu. */
const MAX_BUTTONS = 25;

/** Buttons below a text: rows of five; a menu where there are more than 25. */
export function renderButtons(choices: Choices, context: RenderContext): Rendered {
  return renderChoices(choices, context, false);
}

/** Buttons that vanish once one of them was used. */
export function renderQuickReplies(choices: Choices, context: RenderContext): Rendered {
  return renderChoices(choices, context, true);
}

function renderChoices(
  { text, buttons }: Choices,
  { extra }: RenderContext,
  isQuick: boolean,
): Rendered {
  const kept: KeptPayload[] = [];
  const messages = textMessages(text, extra);
  if (ownBlocks(extra) !== null) return rendered(messages);
  const blocks = isQuick ? quickReplyBlocks(buttons, kept, text) : actionBlocks(buttons, kept);
  const said = messages.pop();
  const before = said?.blocks ?? [];
  const fallback = said?.text ?? escapeText(buttons.map(titleOf).join(', '));
  const [first = [], ...more] = chunksOf(blocks, LIMITS.blocks - before.length);
  messages.push(blockMessage([...before, ...first], fallback));
  for (const chunk of more) messages.push(blockMessage(chunk, fallback));
  return rendered(
    messages.filter((message) => message.blocks?.length !== 0),
    kept,
  );
}

/** The rows of buttons, or the menus. */
export function actionBlocks(buttons: readonly Button[], kept: KeptPayload[]): ActionsBlock[] {
  const options = buttons.filter((button) => !isLink(button));
  const isMenu = options.length > MAX_BUTTONS;
  const pressed = isMenu ? buttons.filter(isLink) : buttons;
  const rows = chunksOf(pressed, ROW).map((row) =>
    row.map((button, index) => buttonElement(button, index, kept)),
  );
  const menus = isMenu
    ? chunksOf(options, LIMITS.options).map((group, index) => menu(group, index, kept))
    : [];
  return [...rows, ...chunksOf(menus, LIMITS.actionElements)].map((elements): ActionsBlock => ({
    type: 'actions',
    elements,
  }));
}

/** The same as one set of quick replies. The text tells apart two questions with the same answers. */
export function quickReplyBlocks(
  buttons: readonly Button[],
  kept: KeptPayload[],
  text: string,
): KnownBlock[] {
  const set = quickReplySet([
    text,
    ...buttons.map((button) => [titleOf(button), payloadOf(button)]),
  ]);
  return actionBlocks(buttons, kept).map((block, row) => ({
    ...block,
    block_id: quickReplyBlock(set, row),
  }));
}

/** One button. */
export function buttonElement(button: Button, index: number, kept: KeptPayload[]): SlackButton {
  const title = titleOf(button);
  const element: SlackButton = {
    type: 'button',
    text: { type: 'plain_text', text: shorten(title, LIMITS.buttonText), emoji: true },
    action_id: actionId(index),
  };
  const { style } = button;
  if (style === 'primary' || style === 'danger') element.style = style;
  if (isLink(button)) element.url = String(button['url']);
  else element.value = valueOf(button, LIMITS.buttonValue, LIMITS.buttonText, kept);
  return element;
}

function menu(buttons: readonly Button[], index: number, kept: KeptPayload[]): StaticSelect {
  return {
    type: 'static_select',
    action_id: actionId(index),
    placeholder: { type: 'plain_text', text: 'Choose…', emoji: true },
    options: buttons.map((button) => ({
      text: { type: 'plain_text', text: shorten(titleOf(button), LIMITS.optionText), emoji: true },
      value: valueOf(button, LIMITS.optionValue, LIMITS.optionText, kept),
    })),
  };
}

/** The payload; its key where it, or the title, is longer than Slack would bring back. */
function valueOf(button: Button, limit: number, titleLimit: number, kept: KeptPayload[]): string {
  const title = titleOf(button);
  const payload = payloadOf(button);
  const fits = lengthOf(payload) <= limit && lengthOf(title) <= titleLimit;
  if (fits && !isPayloadKey(payload)) return payload;
  const key = keyOfPayload(payload, title);
  kept.push({ key, payload, title });
  return key;
}

function payloadOf(button: Button): string {
  return button.payload || titleOf(button);
}

/** A button that opens a page. One whose address Slack would not take is an ordinary one. */
function isLink({ url }: Button): boolean {
  if (typeof url !== 'string' || lengthOf(url) > LIMITS.url || !URL.canParse(url)) return false;
  return ['http:', 'https:', 'mailto:'].includes(new URL(url).protocol);
}

/** What is on the button: Slack takes no empty one. */
function titleOf({ title, payload }: Button): string {
  return [title, payload].find((text) => typeof text === 'string' && text.trim() !== '') ?? '…';
}
