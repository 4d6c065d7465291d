import assert from 'node:assert/strict';
import type { Button, OutputChannel } from '@trunkline/core';
import type { AddCheck, During } from './checks.ts';
import type { OutputProbe } from './output-probe.ts';
import { listsIn, textsIn } from './values.ts';

/** What to do about each limit that was not kept. */
const ADVICE = {
  text: 'split it, with splitText(text, limits.textLength) say',
  list: 'send the rest in further messages',
  title: 'shorten it',
  payload: 'keep it, in turns.store say, and send a key',
} as const;

type Send = (output: OutputChannel) => Promise<void>;

/**
 * The checks of what a channel declares as `limits`, as far as they can be seen in what it sends:
 * texts, and lists with the titles of what was given in them.
 */
export function addLimitChecks(
  check: AddCheck,
  open: (during: During) => Promise<OutputProbe>,
  to: string,
): void {
  check('keeps to the limits that it declares', async (during) => {
    const { limits } = (await open(during)).output;
    /** What reaches the platform of a channel on which this alone is sent. */
    const sentBy = async (send: Send): Promise<readonly unknown[]> => {
      const probe = await open(during);
      await send(probe.output);
      return await probe.sent();
    };

    const { textLength, buttonCount, quickReplyCount, elementCount } = limits;
    if (textLength !== undefined) {
      const text = 'one word '.repeat(Math.ceil(textLength / 3)).trim();
      const longest = async (send: Send): Promise<number> =>
        Math.max(0, ...textsIn(await sentBy(send)).map(({ length }) => length));
      const alone = await longest((output) => output.sendTextMessage(to, text));
      assertWithin(alone, textLength, 'textLength', 'a text', 'text');
      const offering = await longest((output) => output.sendTextWithButtons(to, text, rows(2)));
      assertWithin(offering, textLength, 'textLength', 'a text above buttons', 'text');
    }

    const counts = [
      ['buttonCount', buttonCount, (o, some) => o.sendTextWithButtons(to, 'Which table?', some)],
      ['quickReplyCount', quickReplyCount, (o, some) => o.sendQuickReplies(to, 'Which?', some)],
      ['elementCount', elementCount, (o, some) => o.sendElements(to, some.map(titleOnly))],
    ] satisfies [string, number | undefined, (o: OutputChannel, some: Button[]) => Promise<void>][];
    for (const [name, count, send] of counts) {
      if (count === undefined) continue;
      const some = rows(2 * count + 1);
      const titles = new Set(some.map(({ title }) => title));
      const holdsTitle = (item: unknown): boolean => textsIn(item).some((text) => titles.has(text));
      const lists = listsIn(await sentBy((output) => send(output, some)));
      // The first list is that of the payloads.
      const longest = Math.max(0, ...lists.slice(1).map((list) => list.filter(holdsTitle).length));
      assertWithin(longest, count, name, 'a list', 'list');
    }

    const { buttonTitleLength = 0, buttonPayloadLength = 0 } = limits;
    const title = 'T'.repeat(buttonTitleLength + 1);
    const payload = `/${'p'.repeat(buttonPayloadLength)}`;
    const press = (button: Button): Send => {
      return (output) => output.sendTextWithButtons(to, 'Sure?', [button]);
    };
    if (buttonTitleLength > 0) {
      // A title may stand in a text as well; what stands in a list with its payload is a button.
      const items = listsIn(await sentBy(press({ title, payload: '/p' }))).slice(1);
      const buttons = items.flat().map(textsIn);
      const isShown = buttons.some((texts) => texts.includes(title) && texts.includes('/p'));
      const length = isShown ? title.length : 0;
      assertWithin(length, buttonTitleLength, 'buttonTitleLength', 'a button’s title', 'title');
    }
    if (buttonPayloadLength > 0) {
      const isSent = textsIn(await sentBy(press({ title: 'Yes', payload }))).includes(payload);
      const length = isSent ? payload.length : 0;
      const what = 'a button’s payload';
      assertWithin(length, buttonPayloadLength, 'buttonPayloadLength', what, 'payload');
    }
  });
}

function assertWithin(
  found: number,
  limit: number,
  name: string,
  what: string,
  kind: keyof typeof ADVICE,
): void {
  assert.ok(
    found <= limit,
    `${what} of ${found} was sent, and limits.${name} is ${limit}. Nobody does it for the channel: ` +
      `${ADVICE[kind]}; or declare no limit where the platform has none`,
  );
}

function rows(count: number): { title: string; payload: string }[] {
  return Array.from({ length: count }, (_, index) => ({
    title: `Table ${100 + index}`,
    payload: `/table${100 + index}`,
  }));
}

function titleOnly({ title }: Button): { title: string } {
  return { title };
}
