import type { CustomFrame, JsonValue } from '../../wire.ts';
import type { ViewContext } from '../context.ts';
import { h } from '../dom.ts';

/** JSON that the element does not know, to be read by people. */
export function renderCustom({ custom }: CustomFrame, context: ViewContext): HTMLElement {
  return renderJson(custom, context);
}

/** JSON, indented. */
export function renderJson(json: JsonValue, { labels }: ViewContext): HTMLElement {
  return h(
    'pre',
    {
      class: 'bubble json',
      part: 'custom',
      tabindex: '0',
      role: 'group',
      'aria-label': labels.json,
      dir: 'ltr',
    },
    JSON.stringify(json, null, 2),
  );
}
