import type { Button, JsonObject, OutputChannel } from '@trunkline/core';
import { deepFreeze } from './values.ts';

/** An image's URL. */
export const IMAGE = 'https://example.org/tiger.png';
/** A file's URL. */
export const FILE = 'https://example.org/menu.pdf';

/** Two buttons, made anew: a channel that changes what it is given spoils one check only. */
export function sizes(): Button[] {
  return [
    { title: 'Small', payload: '/small' },
    { title: 'Large', payload: '/large' },
  ];
}

/** A call of each method that sends, with arguments that cannot be changed. */
export function everyMethod(
  to: string,
  customJson: JsonObject,
): ((output: OutputChannel) => Promise<void>)[] {
  const buttons = deepFreeze(sizes());
  const elements = deepFreeze([{ title: 'Margherita', buttons: sizes() }]);
  const attachment = deepFreeze({ url: FILE, name: 'menu.pdf' });
  const custom = deepFreeze(structuredClone(customJson));
  const extra = deepFreeze({ metadata: { nested: [1] }, button_type: 'vertical' });
  const response = deepFreeze({
    ...extra,
    text: 'Hello',
    custom,
    image: IMAGE,
    attachment,
    elements,
  });
  const channels = deepFreeze({ other: { text: 'Elsewhere' } });
  const methods: Record<string, (output: OutputChannel) => Promise<void>> = {
    sendTextMessage: (output) => output.sendTextMessage(to, 'Hello', extra),
    sendImageUrl: (output) => output.sendImageUrl(to, IMAGE, extra),
    sendAttachment: (output) => output.sendAttachment(to, attachment, extra),
    sendTextWithButtons: (output) => output.sendTextWithButtons(to, 'Size?', buttons, extra),
    sendQuickReplies: (output) => output.sendQuickReplies(to, 'Size?', buttons, extra),
    sendElements: (output) => output.sendElements(to, elements, extra),
    sendCustomJson: (output) => output.sendCustomJson(to, custom, extra),
    sendResponse: (output) =>
      output.sendResponse(to, deepFreeze({ ...response, channels, buttons })),
  };
  return Object.values(methods);
}
