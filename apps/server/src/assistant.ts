import { setTimeout as pause } from 'node:timers/promises';
import type { Button, Element, Handle, Reply } from '@trunkline/core';
import { beginOrder, continueOrder, isAnyAnswer, isOrdering, resumeOrder } from './order.ts';

/** Something that the assistant can show. */
interface Demonstration {
  about: string;
  show: (reply: Reply) => Promise<unknown>;
}

/** What the assistant has to know of the world around it. */
export interface AssistantOptions {
  /** An image's address. */
  pictureUrl: string;
}

/** What asks for help. Only the first is told: on a phone, Twilio answers the other. */
const ASK_HELP: readonly string[] = ['menu', 'help'];

/** A small assistant that shows what a reply can be. Swap in your own: see the README beside. */
export function createAssistant({ pictureUrl }: AssistantOptions): Handle {
  const demonstrations = createDemonstrations(pictureUrl);
  const sayHelp: Demonstration['show'] = (reply) => reply.text(help(demonstrations));
  return async (message, reply) => {
    const said = message.text?.toLowerCase() ?? '';
    const show = ASK_HELP.includes(said) ? sayHelp : demonstrations.get(said)?.show;
    const isPressed = said.startsWith('/');
    const wasOrdering = isOrdering(reply);
    // What was shown in the middle of an order may have buttons of its own.
    const isAside = isPressed ? !isAnyAnswer(said) : show !== undefined && said !== 'order';
    if (wasOrdering && !isAside) return await continueOrder(said, reply);
    if (show !== undefined) await show(reply);
    else if (isPressed) await reply.text(`You chose ${message.choice?.title ?? said}.`);
    else
      await reply.text(
        `You said: ${message.text ?? 'nothing'}. Say "${ASK_HELP[0]}" to see what I can do.`,
      );
    if (wasOrdering) await resumeOrder(reply);
  };
}

function createDemonstrations(pictureUrl: string): Map<string, Demonstration> {
  const button = (title: string): Button => ({ title, payload: `/${title.toLowerCase()}` });
  const card = (title: string, subtitle: string): Element => ({
    title,
    subtitle,
    imageUrl: pictureUrl,
    buttons: [{ title: 'Take it', payload: `/${title.toLowerCase()}` }],
  });
  return new Map<string, Demonstration>([
    ['order', { about: 'a dialogue that asks, with buttons', show: beginOrder }],
    [
      'buttons',
      {
        about: 'a text with buttons',
        show: (reply) => reply.buttons('Which way?', ['Left', 'Right'].map(button)),
      },
    ],
    [
      'replies',
      {
        about: 'quick replies, which vanish once used',
        show: (reply) => reply.quickReplies('How was it?', ['Good', 'Bad'].map(button)),
      },
    ],
    ['image', { about: 'an image', show: (reply) => reply.image(pictureUrl) }],
    [
      'file',
      {
        about: 'a file by link',
        show: (reply) =>
          reply.attachment({ url: pictureUrl, name: 'pizza.svg', mimeType: 'image/svg+xml' }),
      },
    ],
    [
      'cards',
      {
        about: 'a carousel of cards',
        show: (reply) => reply.elements([card('Small', '20 cm'), card('Large', '30 cm')]),
      },
    ],
    [
      'json',
      { about: 'JSON of your own', show: (reply) => reply.custom({ mood: 'fine', at: [1, 2] }) },
    ],
    [
      'stream',
      { about: 'words as they are made', show: (reply) => reply.stream(words(reply.signal)) },
    ],
    [
      'history',
      {
        about: 'what was said so far',
        show: async (reply) => {
          const lines = (await reply.history(6)).map(({ role, text }) => `${role}: ${text}`);
          return reply.text(lines.join('\n') || 'Nothing yet.');
        },
      },
    ],
  ]);
}

function help(demonstrations: Map<string, Demonstration>): string {
  const rows = Array.from(demonstrations, ([name, { about }]) => `- ${name}: ${about}`);
  return `Say one of these:\n${rows.join('\n')}`;
}

/** Stands in for a model that makes its answer word by word. */
async function* words(signal: AbortSignal): AsyncGenerator<string> {
  const text =
    'Each of these words was sent as soon as it was there, and nobody had to wait for the last one.';
  for (const word of text.split(/(?<= )/)) {
    yield word;
    await pause(80, undefined, { signal });
  }
}
