import type { BotMessage } from '@trunkline/core';
import { post } from './engine.ts';
import { PlatformOutput } from './platform.ts';
import { Processes, type EngineProcess, type ProcessSetup } from './processes.ts';

/** A platform without buttons. */
export class MenuOutput extends PlatformOutput {
  override readonly numbersChoices = true;
}

export const sizes: BotMessage = {
  text: 'Size?',
  buttons: [
    { title: 'Small', payload: '/s' },
    { title: 'Large', payload: '/l' },
  ],
};
export const colours: BotMessage = {
  text: 'Colour?',
  buttons: [{ title: 'Red' }, { title: 'Blue' }],
};

/** Menus that somebody is asked, and what they heard. */
export interface MenuScene extends EngineProcess {
  all: Processes;
  /** The texts of messages, and the titles of what was chosen. */
  heard: unknown[];
  /** A user says something; resolves when nothing is left to do at once. */
  accept(text: string): Promise<void>;
  options: ProcessSetup;
}

/** Asks two questions, one after the other. */
export function setUp(setup: ProcessSetup = {}): MenuScene {
  const all = new Processes();
  const heard: unknown[] = [];
  const makeOutput = (isDead: () => boolean): MenuOutput =>
    new MenuOutput(all.platform, true, isDead);
  const options = { makeOutput, ...setup };
  const process = all.start(async (message, reply) => {
    heard.push([message.text, message.choice?.title ?? null]);
    if (message.text === 'Hi') await reply.response(sizes);
    else if (message.text === '/s' || message.text === '/l') await reply.response(colours);
    else if (message.text !== 'hush') await reply.text('so?');
  }, options);
  const accept = async (text: string): Promise<void> => {
    await process.turns.accept(post(text));
    await all.clock.advance(0);
  };
  return { ...process, all, heard, accept, options };
}
