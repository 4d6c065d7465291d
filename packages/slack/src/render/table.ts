import type { KnownBlock } from '@slack/types';
import { isJsonObject, type Extra, type JsonObject, type JsonValue } from '@trunkline/core';
import { escapeText } from './escape.ts';
import { chunksOf, lengthOf, LIMITS, shorten } from './limits.ts';
import { blockMessage, rendered, type Rendered } from './message.ts';

/** Whether JSON is a table: `{ header, rows }`, of texts and numbers. */
export function isTable(
  value: JsonValue | undefined,
): value is JsonObject & { rows: JsonValue[][] } {
  return isJsonObject(value) && Array.isArray(value['rows']) && value['rows'].every(Array.isArray);
}

/**
 * A table, in several messages where it is over a limit: Slack takes one a message. Columns over the
 * twentieth follow as a table of their own.
 */
export function renderTable(table: JsonObject & { rows: JsonValue[][] }, _extra: Extra): Rendered {
  const header = Array.isArray(table['header']) ? table['header'] : null;
  const width = Math.max(header?.length ?? 0, ...table.rows.map((row) => row.length));
  const columns = chunksOf(
    Array.from({ length: width }, (_, index) => index),
    LIMITS.tableColumns,
  );
  const messages = columns.flatMap((group) => {
    const pick = (row: readonly JsonValue[]): Cell[] => group.map((index) => cellOf(row[index]));
    // No row is over the limit by itself, with the header's row beside it.
    const head = header === null ? null : fitted(pick(header), LIMITS.tableText / 2);
    const room = LIMITS.tableText - (head === null ? 0 : sizeOf(head));
    return pages(
      head,
      table.rows.map((row) => fitted(pick(row), room)),
    ).map((rows) => {
      const block: KnownBlock = { type: 'table', rows };
      return blockMessage([block], escapeText(rows[0]?.map(textOf).join(', ') ?? '') || 'table');
    });
  });
  return rendered(messages);
}

type Cell = { type: 'raw_text'; text: string };

/** The rows in pages that Slack takes, each with the header. */
function pages(head: Cell[] | null, rows: Cell[][]): Cell[][][] {
  const first = head === null ? [] : [head];
  const headSize = head === null ? 0 : sizeOf(head);
  const all: Cell[][][] = [];
  let page: Cell[][] = [...first];
  let size = headSize;
  for (const row of rows) {
    const rowSize = sizeOf(row);
    const isFull = page.length >= LIMITS.tableRows || size + rowSize > LIMITS.tableText;
    if (isFull && page.length > first.length) {
      all.push(page);
      page = [...first];
      size = headSize;
    }
    page.push(row);
    size += rowSize;
  }
  if (page.length > 0) all.push(page);
  return all;
}

/** A row of at most so many characters: its longest cells are cut, and as little of them as need be. */
function fitted(row: Cell[], limit: number): Cell[] {
  if (sizeOf(row) <= limit) return row;
  let left = limit;
  let share = limit;
  const lengths = row.map(({ text }) => lengthOf(text)).toSorted((a, b) => a - b);
  for (const [index, length] of lengths.entries()) {
    share = Math.floor(left / (row.length - index));
    if (length > share) break;
    left -= length;
  }
  return row.map(({ type, text }) => ({ type, text: shorten(text, share) }));
}

function sizeOf(row: readonly Cell[]): number {
  return row.reduce((sum, cell) => sum + lengthOf(cell.text), 0);
}

/** A cell, which Slack wants not to be empty. */
function cellOf(value: JsonValue | undefined): Cell {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value ?? '');
  return { type: 'raw_text', text: shorten(value === null ? '' : text, LIMITS.cellText) || ' ' };
}

function textOf({ text }: Cell): string {
  return text;
}
