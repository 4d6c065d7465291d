import { isJsonObject, type JsonObject, type JsonValue } from '@trunkline/core';
import { expect, it, onTestFinished } from 'vitest';
import { direct, interaction, json, newTs } from '../../../packages/slack/test/support/requests.ts';
import { Scene } from '../../../packages/slack/test/support/scene.ts';
import { TEAM } from '../../../packages/slack/test/support/slack.ts';
import { createAssistant } from '../src/assistant.ts';

/** What a user clicks, and what the bot says then. */
const CLICKS: readonly [title: string, said: string][] = [
  ['Large', 'On which base?'],
  ['Thin', 'Shall I order it?'],
  ['Yes', 'Ordered: Large, Thin base.'],
];

it('takes a whole order on Slack, by clicks that each come twice', async () => {
  const scene = await Scene.open();
  onTestFinished(() => scene.close());
  scene.assistant = createAssistant({ pictureUrl: 'https://x.org/pizza.svg' });
  await twice(scene, json(direct('order')));
  await scene.over(1);
  const said = ['What size?'];
  expect(scene.slack.of('chat.postMessage').map(({ text }) => text)).toEqual(said);
  for (const [title, next] of CLICKS) {
    const click = interaction({
      type: 'block_actions',
      team: { id: TEAM },
      user: { id: 'U1', team_id: TEAM },
      channel: { id: 'DU1' },
      container: { type: 'message', message_ts: newTs(), channel_id: 'DU1' },
      trigger_id: newTs(),
      actions: [buttonOf(scene.slack.of('chat.postMessage').at(-1), title)],
    });
    await twice(scene, click);
    said.push(next);
    await scene.over(said.length);
    expect(scene.slack.of('chat.postMessage').map(({ text }) => text)).toEqual(said);
  }
  expect(scene.errors).toEqual([]);
});

async function twice(scene: Scene, request: Parameters<Scene['request']>[0]): Promise<void> {
  const first = await scene.request(request);
  const second = await scene.request(request);
  expect([first.status, second.status]).toEqual([200, 200]);
}

/** The button of a message, as Slack names it when it is clicked. */
function buttonOf(message: JsonObject | undefined, title: string): JsonObject {
  const elements = objectsIn(message?.['blocks']).flatMap((block) => objectsIn(block['elements']));
  const titleOf = (button: JsonObject): unknown => Object(button['text']).text;
  const button = elements.find((element) => titleOf(element) === title);
  if (button === undefined) throw new Error(`there is no button "${title}"`);
  return { block_id: 'b', action_ts: newTs(), ...button };
}

function objectsIn(list: JsonValue | undefined): JsonObject[] {
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}
