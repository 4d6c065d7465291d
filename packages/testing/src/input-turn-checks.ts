import assert from 'node:assert/strict';
import type { InputChannel, UserMessage } from '@trunkline/core';
import type { AddCheck } from './checks.ts';
import { Gate } from './gate.ts';
import type { InputChecks } from './input-channel-contract.ts';
import { assertTaken } from './input-scene.ts';
import { excerpt, textsIn } from './values.ts';

/** The checks of how messages become turns, and turns become answers. */
export function addTurnChecks<C extends InputChannel>(
  check: AddCheck,
  { options, senders, open }: InputChecks<C>,
): void {
  const [anna, bert, carl] = senders;

  check('hands a message to the assistant, once', async (during) => {
    const scene = await open(during);
    const { message, answered } = await scene.tell('Hello there', anna);
    assertTaken(await answered);
    assert.equal(message.text, 'Hello there');
    assert.equal(message.senderId, anna, 'senderId');
    assert.equal(message.inputChannel, scene.channel.name, 'inputChannel must be the name');
    await scene.tell('Goodbye', bert);
    assert.deepEqual(scene.texts(), ['Hello there', 'Goodbye']);
  });

  check('hands on a text in any script as it is', async (during) => {
    const scene = await open(during);
    for (const text of ['Grüße & Küsse, 100 % + 1 <b>', '早上好 "صباح"', '👋🏽\n👩‍👩‍👧']) {
      const { message, answered } = await scene.tell(text, anna);
      assert.equal(message.text, text);
      await answered;
    }
  });

  check('passes on what getMetadata() finds in the request', async (during) => {
    const scene = await open(during);
    scene.channel.getMetadata = (request) => ({ method: request.method ?? null });
    const { message } = await scene.tell('Hello', anna);
    const { method = 'POST' } = await options.message('Hello', anna);
    assert.deepEqual(message.metadata, { method }, 'metadata must come from this.getMetadata(req)');
  });

  check('gives every turn an output channel of its own', async (during) => {
    const scene = await open(during);
    const outputs = new Set<unknown>();
    for (const text of ['One', 'Two']) {
      const { message, answered } = await scene.tell(text, anna);
      await answered;
      for (const output of outputsOf(scene.channel, message)) {
        assert.ok(!outputs.has(output), 'an output channel was given to two turns');
        outputs.add(output);
      }
    }
  });

  check('answers when the assistant says nothing', async (during) => {
    const scene = await open(during);
    scene.assistant = () => {};
    assertTaken(await scene.say('Hello', anna));
  });

  check('answers when the assistant fails, and goes on', async (during) => {
    const scene = await open(during);
    scene.assistant = () => {
      throw new Error('for the log only');
    };
    const { body } = await scene.say('Fail', anna);
    assert.ok(
      !body.includes('for the log only'),
      `the error is shown to the caller: ${excerpt(body)}`,
    );
    await scene.over(1);
    scene.assistant = (_message, reply) => void reply.text('Noted');
    const { message, answered } = await scene.tell('Hello', anna);
    assertTaken(await answered);
    assert.equal(message.text, 'Hello');
  });

  check('lets two senders be served side by side', async (during) => {
    const scene = await open(during);
    const held = new Gate();
    during.afterwards(() => held.open());
    scene.assistant = async ({ senderId }, reply) => {
      if (senderId === anna) await held.opened;
      await reply.text('Noted');
    };
    const first = await scene.tell('I take my time', anna);
    const second = await scene.tell('I am quick', bert);
    await scene.over(1);
    assertTaken(await second.answered);
    held.open();
    assertTaken(await first.answered);
  });

  check('lets the messages of one sender be served one after the other', async (during) => {
    const scene = await open(during);
    const held = new Gate();
    during.afterwards(() => held.open());
    scene.assistant = async ({ text }, reply) => {
      if (text === 'First') await held.opened;
      await reply.text('Noted');
    };
    const first = await scene.tell('First', anna);
    const second = scene.say('Second', anna);
    await scene.tell('Meanwhile', bert);
    await scene.tell('Meanwhile too', carl);
    await scene.over(2);
    const meanwhile = ['First', 'Meanwhile', 'Meanwhile too'];
    assert.deepEqual(scene.texts(), meanwhile, 'the second message did not wait for the first');
    held.open();
    await scene.over(4);
    assert.deepEqual(scene.texts(), [...meanwhile, 'Second']);
    assertTaken(await first.answered);
    assertTaken(await second);
  });

  check('starts one turn for a deferred message that is delivered twice', async (during) => {
    const scene = await open(during);
    const request = await options.message('Once', anna);
    const answers = [await scene.request(request), await scene.request(request)];
    await scene.tell('Another', bert);
    // A live message is asked for anew: its answer went with the first request.
    if (scene.messages.all[0]?.address === null) return;
    assert.deepEqual(scene.texts(), ['Once', 'Another'], 'a second turn was started');
    answers.forEach(assertTaken);
  });

  const { replies } = options;
  if (replies === undefined) return;
  check('brings what the assistant says to the user', async (during) => {
    const scene = await open(during);
    scene.assistant = async ({ text }, reply) => {
      await reply.text(`You said ${text}`);
      await reply.buttons('What size?', [{ title: 'Small', payload: '/small' }]);
    };
    const answer = await scene.say('something', anna);
    await scene.over(1);
    const seen = textsIn(await replies(answer, scene.channel)).join('\n');
    for (const part of ['You said something', 'What size?', 'Small']) {
      assert.ok(
        seen.includes(part),
        `"${part}" did not reach the user. replies(answer, channel) must give all that the user ` +
          `gets to see, texts and the titles of buttons, of this channel alone, and gave only: ` +
          excerpt(seen),
      );
    }
  });
}

/** The output channels that a message is or can be answered on. */
function outputsOf(channel: InputChannel, { outputChannel, address }: UserMessage): unknown[] {
  if (address === null) return [outputChannel];
  assert.deepEqual(JSON.parse(JSON.stringify(address)), address, 'the address is not plain JSON');
  const again = [channel.getOutputChannel?.(address), channel.getOutputChannel?.(address)];
  assert.ok(again[0], 'a message with an address needs getOutputChannel(address)');
  assert.notEqual(again[0], again[1], 'getOutputChannel() must make one a call');
  return outputChannel === null ? again : [outputChannel, ...again];
}
