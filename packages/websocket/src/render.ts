/*
 * One part of a response as the frame that shows it, without the number that the log gives it. The
 * wire has every part, so nothing falls back and nothing is cut.
 */
import {
  isJsonObject,
  type Attachment,
  type Button,
  type Element,
  type JsonValue,
  type QuickReply,
} from '@trunkline/core';
import type {
  AttachmentFrame,
  ButtonsFrame,
  CustomFrame,
  ElementsFrame,
  ImageFrame,
  LoggedFrame,
  QuickRepliesFrame,
  TextFrame,
} from './protocol.ts';

/** A frame that has no name and no number yet. */
export type Unnamed<F extends LoggedFrame = LoggedFrame> = F extends LoggedFrame
  ? Omit<F, 'id' | 'seq'>
  : never;

/** A text: one frame, whatever its length. */
export function renderText(recipientId: string, text: string): Unnamed<TextFrame> {
  return { type: 'text', text, recipient_id: recipientId };
}

/** An image. */
export function renderImage(recipientId: string, image: string): Unnamed<ImageFrame> {
  return { type: 'image', image, recipient_id: recipientId };
}

/** A file, in one form of the three that assistants use. Other JSON passes as it is. */
export function renderAttachment(
  recipientId: string,
  attachment: Attachment,
): Unnamed<AttachmentFrame> {
  return { type: 'attachment', attachment: fileOf(attachment), recipient_id: recipientId };
}

/** A text with buttons. */
export function renderButtons(
  recipientId: string,
  text: string,
  buttons: readonly Button[],
): Unnamed<ButtonsFrame> {
  return { type: 'buttons', text, buttons: buttons.map(withPayload), recipient_id: recipientId };
}

/** A text with quick replies. */
export function renderQuickReplies(
  recipientId: string,
  text: string,
  quickReplies: readonly QuickReply[],
): Unnamed<QuickRepliesFrame> {
  return {
    type: 'quick_replies',
    text,
    quick_replies: quickReplies.map(withPayload),
    recipient_id: recipientId,
  };
}

/** Cards. */
export function renderElements(
  recipientId: string,
  elements: readonly Element[],
): Unnamed<ElementsFrame> {
  const withPayloads = elements.map((element) =>
    element.buttons ? { ...element, buttons: element.buttons.map(withPayload) } : element,
  );
  return { type: 'elements', elements: withPayloads, recipient_id: recipientId };
}

/** Custom JSON. */
export function renderCustom(recipientId: string, custom: JsonValue): Unnamed<CustomFrame> {
  return { type: 'custom', custom, recipient_id: recipientId };
}

function fileOf(attachment: Attachment): Attachment {
  if (typeof attachment === 'string') return { url: attachment };
  if (!isJsonObject(attachment) || !isJsonObject(attachment['payload'])) return attachment;
  const { src, ...rest } = attachment['payload'];
  return typeof src === 'string' ? { url: src, ...rest } : attachment;
}

/** What is sent back when it is pressed: the title, where the assistant left the payload out or empty (`null`). */
function withPayload<B extends Button | QuickReply>(button: B): B {
  if ((button.payload ?? null) !== null || typeof button['url'] === 'string') return button;
  return { ...button, payload: button.title };
}
