import type { Attachment, Element, JsonValue } from '@trunkline/core';
import { renderAttachment } from './attachment.ts';
import { renderButtons, renderQuickReplies, type Choices } from './buttons.ts';
import { renderCustom } from './custom.ts';
import { renderElements } from './elements.ts';
import { renderImage } from './image.ts';
import type { RenderContext, Rendered } from './message.ts';
import { renderText } from './text.ts';

/** The parts of a response, as they are rendered. */
export interface Parts {
  text: string;
  buttons: Choices;
  quickReplies: Choices;
  image: string;
  attachment: Attachment;
  elements: readonly Element[];
  custom: JsonValue;
}

/** What each part of a response becomes. Pure, and within Slack's limits whatever is put in. */
export const render: {
  readonly [P in keyof Parts]: (part: Parts[P], context: RenderContext) => Rendered;
} = {
  text: renderText,
  buttons: renderButtons,
  quickReplies: renderQuickReplies,
  image: renderImage,
  attachment: renderAttachment,
  elements: renderElements,
  custom: renderCustom,
};
