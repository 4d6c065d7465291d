/*
 * What Slack's server would say to a message: the types of `@slack/types` as a JSON Schema, and the limits
 * and cross-field rules of the platform, which no type can say.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv, type AnySchema, type ValidateFunction } from 'ajv';
import { createGenerator } from 'ts-json-schema-generator';
import { isJsonObject, type JsonObject, type JsonValue } from '@trunkline/core';
import type { SlackMessage } from '../../src/render/message.ts';

let schema: ValidateFunction | null = null;

/** Made from the types, which takes some seconds. */
export function blocksSchema(): ValidateFunction {
  if (schema !== null) return schema;
  // Beside the package, where `@slack/types` is found.
  const folder = mkdtempSync(
    fileURLToPath(new URL('../../node_modules/.block-kit-', import.meta.url)),
  );
  try {
    const path = join(folder, 'blocks.ts');
    writeFileSync(
      path,
      "import type { KnownBlock } from '@slack/types';\nexport type Blocks = KnownBlock[];\n",
    );
    const tsconfig = join(folder, 'tsconfig.json');
    writeFileSync(
      tsconfig,
      '{"compilerOptions":{"strict":true,"module":"NodeNext","moduleResolution":"NodeNext","skipLibCheck":true,"types":[]}}',
    );
    const generated = createGenerator({
      path,
      tsconfig,
      type: 'Blocks',
      skipTypeCheck: true,
    }).createSchema('Blocks');
    schema = new Ajv({ strict: false, allErrors: false }).compile(generated as AnySchema);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return schema;
}

/** What is wrong with a message; empty if Slack would take it. */
export function problemsOf(message: SlackMessage): string[] {
  const problems: string[] = [];
  const { text, blocks, attachments, markdown_text: markdown } = message;
  if (lengthOf(text) > 4_000) problems.push('text over 4,000');
  if (text.trim() === '' && blocks) problems.push('no notification');
  if (text === '' && !blocks && !attachments && !markdown) problems.push('no_text');
  if (markdown !== undefined && (text !== '' || blocks)) problems.push('markdown_text_conflict');
  if (blocks === undefined) return problems;
  const list = JSON.parse(JSON.stringify(blocks)) as JsonObject[];
  if (list.length === 0 || list.length > 50) problems.push(`${list.length} blocks`);
  const validate = blocksSchema();
  if (!validate(list)) {
    problems.push(`not of the types: ${JSON.stringify(validate.errors?.[0])}`);
  }
  const ids = list.map(({ block_id: id }) => id).filter((id) => id !== undefined);
  if (new Set(ids).size !== ids.length) problems.push('a block_id twice');
  const markdowns = list.filter(({ type }) => type === 'markdown');
  const total = markdowns.reduce((sum, block) => sum + lengthOf(block['text']), 0);
  if (total > 12_000) problems.push('markdown over 12,000');
  const tables = list.filter(({ type }) => type === 'table');
  if (tables.length > 1) problems.push('two tables');
  for (const block of list) problems.push(...blockProblems(block));
  return problems;
}

const LONGEST: Record<string, Record<string, number>> = {
  button: { text: 75, value: 2_000, url: 3_000 },
  static_select: { placeholder: 150 },
  section: { text: 3_000 },
  header: { text: 150 },
  image: { image_url: 3_000, alt_text: 2_000, title: 2_000 },
  card: { title: 150, subtitle: 150, body: 200 },
  markdown: { text: 12_000 },
};

function blockProblems(value: JsonValue): string[] {
  if (Array.isArray(value)) return value.flatMap(blockProblems);
  if (!isJsonObject(value)) return [];
  const problems = Object.values(value).flatMap(blockProblems);
  const type = typeof value['type'] === 'string' ? value['type'] : '';
  const say = (problem: string): void => void problems.push(`${type}: ${problem}`);
  for (const [key, limit] of Object.entries(LONGEST[type] ?? {})) {
    const length = lengthOf(value[key]);
    if (length > limit) say(`${key} has ${length} characters`);
  }
  for (const key of ['action_id', 'block_id'])
    if (lengthOf(value[key]) > 255) say(`${key} too long`);
  if (['plain_text', 'mrkdwn', 'markdown', 'raw_text'].includes(type)) {
    const length = lengthOf(value['text']);
    if (length === 0) say('an empty text');
    if (type !== 'markdown' && length > 3_000) say('a text over 3,000');
  }
  if (type === 'alert') say('only in modals');
  if (type === 'task_card' && value['status'] === 'pending') say('pending on its own');
  if (type === 'actions') {
    const elements = objectsOf(value['elements']);
    if (elements.length === 0 || elements.length > 25) say(`${elements.length} elements`);
    const ids = elements.map(({ action_id: id }) => id);
    if (new Set(ids).size !== ids.length) say('an action_id twice');
  }
  if (type === 'static_select') {
    const options = objectsOf(value['options']);
    if (options.length === 0 || options.length > 100) say(`${options.length} options`);
    for (const option of options) {
      if (lengthOf(option['text']) > 75) say('an option over 75');
      if (lengthOf(option['value']) > 150) say('a value over 150');
    }
  }
  if (type === 'card') {
    const actions = objectsOf(value['actions']);
    if (actions.length > 3) say(`${actions.length} buttons`);
    if (!['hero_image', 'title', 'actions', 'body'].some((key) => key in value)) say('empty');
    const ids = actions.map(({ action_id: id }) => id);
    if (new Set(ids).size !== ids.length) say('an action_id twice');
  }
  if (type === 'carousel') {
    const cards = objectsOf(value['elements']);
    if (cards.length === 0 || cards.length > 10) say(`${cards.length} cards`);
  }
  if (type === 'table') {
    const rows = Array.isArray(value['rows']) ? (value['rows'] as JsonObject[][]) : [];
    if (rows.length === 0 || rows.length > 100) say(`${rows.length} rows`);
    if (rows.some((row) => row.length === 0 || row.length > 20)) say('a row too wide');
    const total = rows.flat().reduce((sum, cell) => sum + lengthOf(cell['text']), 0);
    if (total > 10_000) say(`${total} characters`);
  }
  return problems;
}

/** In code points, of a text or of a text object. */
function lengthOf(value: unknown): number {
  if (typeof value === 'string') return Array.from(value).length;
  return isJsonObject(value) ? lengthOf(value['text']) : 0;
}

function objectsOf(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
