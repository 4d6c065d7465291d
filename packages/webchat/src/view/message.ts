import type { MessageEntry } from '../transcript.ts';
import type { ViewContext } from './context.ts';
import { renderAttachment } from './parts/attachment.ts';
import { renderButtons } from './parts/buttons.ts';
import { renderCustom } from './parts/custom.ts';
import { renderElements } from './parts/elements.ts';
import { renderImage } from './parts/image.ts';
import { renderQuickReplies } from './parts/quick-replies.ts';
import { renderText } from './parts/text.ts';

type Frame = MessageEntry['frame'];

type Renderers = {
  [T in Frame['type']]: (
    frame: Extract<Frame, { type: T }>,
    context: ViewContext,
    isAnswered: boolean,
  ) => Node | null;
};

const RENDERERS = {
  text: renderText,
  image: renderImage,
  attachment: renderAttachment,
  buttons: renderButtons,
  quick_replies: renderQuickReplies,
  elements: renderElements,
  custom: renderCustom,
} satisfies Renderers;

/** A message of the assistant's. @param isAnswered - whether the user has said something since */
export function renderMessage(
  frame: Frame,
  context: ViewContext,
  isAnswered: boolean,
): Node | null {
  // The frame and its renderer have the same type: see `Renderers`.
  const render = RENDERERS[frame.type] as (
    frame: Frame,
    context: ViewContext,
    isAnswered: boolean,
  ) => Node | null;
  return render(frame, context, isAnswered);
}
