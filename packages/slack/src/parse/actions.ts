import { isJsonObject, type Choice, type JsonObject, type JsonValue } from '@trunkline/core';
import { objectAt, objectsAt, textAt } from './fields.ts';
import { decodeEntities } from './text.ts';

/** The fields that hold what was picked, by the element's kind. */
const PICKED = [
  'selected_user',
  'selected_conversation',
  'selected_channel',
  'selected_date',
  'selected_time',
  'selected_date_time',
] as const;
const PICKED_SEVERAL = ['selected_users', 'selected_conversations', 'selected_channels'] as const;

/** What a user picked: the values, and what they read. */
interface Picked {
  title: string;
  values: JsonValue[];
  /** Whether there may be several, however many were picked. */
  isList?: boolean;
}

/**
 * What an element says was picked; `null` if it says nothing, as a button that opens a page.
 *
 * @see Slack: block_actions payload
 */
function pickedOf(element: JsonObject): Picked | null {
  const option = objectAt(element, 'selected_option');
  if (option !== null) return { title: titleOf(option), values: [textAt(option, 'value') ?? ''] };
  if (Array.isArray(element['selected_options'])) {
    const options = objectsAt(element, 'selected_options');
    return {
      title: options.map(titleOf).join(', '),
      values: options.map((picked) => textAt(picked, 'value') ?? ''),
      isList: true,
    };
  }
  for (const name of PICKED) {
    const value = element[name];
    if (typeof value === 'string' || typeof value === 'number') {
      return { title: String(value), values: [value] };
    }
  }
  for (const name of PICKED_SEVERAL) {
    const values = element[name];
    if (Array.isArray(values)) {
      return { title: values.map(String).join(', '), values, isList: true };
    }
  }
  if (isJsonObject(element['rich_text_value'])) {
    return { title: '', values: [element['rich_text_value']] };
  }
  if (Array.isArray(element['files'])) {
    return { title: '', values: element['files'], isList: true };
  }
  const value = element['value'];
  if (typeof value !== 'string') return null;
  return { title: titleOf(element) || value, values: [value] };
}

/** One action as a choice; `null` if nothing was chosen. Several values are one payload, by commas. */
export function choiceOf(action: JsonObject): Choice | null {
  const picked = pickedOf(action);
  if (picked === null) return null;
  const { title, values } = picked;
  const payload = values
    .map((value) => (typeof value === 'object' ? JSON.stringify(value) : String(value)))
    .join(',');
  return {
    title,
    payload,
    values,
    action_id: textAt(action, 'action_id'),
    block_id: textAt(action, 'block_id'),
  };
}

/** What was filled into a view, by `action_id`; by `block_id.action_id` where two blocks share one. */
export function valuesOf(view: JsonObject | null): JsonObject {
  const state = objectAt(objectAt(view, 'state'), 'values');
  const values: JsonObject = {};
  for (const [blockId, block] of Object.entries(state ?? {})) {
    if (!isJsonObject(block)) continue;
    for (const [actionId, element] of Object.entries(block)) {
      if (!isJsonObject(element)) continue;
      const picked = pickedOf(element);
      const name = Object.hasOwn(values, actionId) ? `${blockId}.${actionId}` : actionId;
      values[name] = picked?.isList === true ? picked.values : (picked?.values[0] ?? null);
    }
  }
  return values;
}

/** The files that were put into a view. */
export function filesIn(view: JsonObject | null): JsonObject[] {
  const state = objectAt(objectAt(view, 'state'), 'values') ?? {};
  const elements = Object.values(state).flatMap((block) =>
    isJsonObject(block) ? Object.values(block).filter(isJsonObject) : [],
  );
  return elements.flatMap((element) => objectsAt(element, 'files'));
}

/** What is read. Slack escapes the texts of a message, those that it does not read as mark-up as well. */
function titleOf(element: JsonObject): string {
  return decodeEntities(textAt(objectAt(element, 'text'), 'text') ?? textAt(element, 'text') ?? '');
}
