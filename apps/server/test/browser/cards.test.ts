import { describe, expect, it } from 'vitest';
import type { Element } from '@trunkline/core';
import { say, shot } from './support/browser.ts';
import { siteForEach, visit } from './support/visit.ts';

describe('cards that lead to pages', { timeout: 30_000 }, () => {
  siteForEach(() => ({
    assistant: async (_message, reply) => {
      const url = 'https://example.org/';
      const cards = Array.from({ length: 8 }, (_, i): Element => {
        return { title: `Card ${i}`, url, buttons: [{ title: 'More', url }] };
      });
      await reply.elements(cards);
    },
  }));

  // What is said of their links to those who hear it was out of sight on the right, and the whole
  // conversation could be pushed aside.
  it.each([1_280, 360])(
    'scroll by themselves, and not the conversation: %i pixels',
    async (width) => {
      const page = await visit({ viewport: { width, height: 640 } });
      await say(page, 'cards');
      await page.getByText('Card 7').last().waitFor();
      await shot(page, `4a-cards-${width}`);
      const wider = await page.evaluate(
        `['.log', '.list', '.entry.message'].map((place) => document.querySelector('trunkline-chat').shadowRoot.querySelector(place)).map((node) => node.scrollWidth - node.clientWidth)`,
      );
      expect(wider).toEqual([0, 0, 0]);
    },
  );
});
