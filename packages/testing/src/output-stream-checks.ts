import assert from 'node:assert/strict';
import {
  InputChannel,
  Trunkline,
  UserMessage,
  type Handle,
  type OutputChannel,
  type Route,
  type Turns,
} from '@trunkline/core';
import type { AddCheck, During } from './checks.ts';
import type { OutputProbe } from './output-probe.ts';

const SWALLOWED =
  'the text that followed a stream was swallowed. Trunkline does not say a streamed text again, so ' +
  'a flag against that (as Rasa’s channels have it) swallows the next text: remove the flag, or ' +
  'keep it and declare `override readonly repeatsStreamedText = true`';

const SAID_TWICE =
  'the channel declares `repeatsStreamedText = true` and is therefore given the text of a stream ' +
  'again by sendTextMessage(); it must not send it then, and sent it';

/** The checks of how responses are shown while they grow; hold for channels that cannot as well. */
export function addStreamChecks(
  check: AddCheck,
  open: (during: During) => Promise<OutputProbe>,
  to: string,
): void {
  check('shows a streamed response', async (during) => {
    const probe = await open(during);
    await inTurn(probe.output, to, async (_message, reply) => {
      await reply.stream(chunks('Once ', 'upon ', 'a midnight ', 'dreary'));
    });
    await probe.assertSaid('Once', 'upon', 'midnight', 'dreary');
  });

  check('delivers a text that follows a stream', async (during) => {
    const probe = await open(during);
    await inTurn(probe.output, to, async (_message, reply) => {
      await reply.stream(chunks('Once ', 'upon ', 'a midnight'));
      await reply.text('Anything else?');
    });
    const said = (await probe.payloads()).flat().join('\n');
    assert.ok(said.includes('Anything else?'), SWALLOWED);
  });

  check('shows one stream after the other', async (during) => {
    const probe = await open(during);
    await inTurn(probe.output, to, async (_message, reply) => {
      await reply.stream(chunks('Once ', 'upon'));
      await reply.stream(chunks('Ever ', 'after'));
    });
    await probe.assertSaid('Once', 'upon', 'Ever', 'after');
  });

  check('goes on after a stream that was cut short', async (during) => {
    const probe = await open(during);
    await inTurn(probe.output, to, async (_message, reply) => {
      await reply.stream(chunks('Once ', new Error('the model failed'))).catch(() => {});
      await reply.text('Let me begin again');
      await reply.stream(chunks('Ever ', 'after'));
    });
    await probe.assertSaid('Let me begin again', 'Ever', 'after');
  });

  check('goes on after a stream in which nothing came', async (during) => {
    const probe = await open(during);
    await inTurn(probe.output, to, async (_message, reply) => {
      await reply.stream(chunks());
      await reply.text('That was nothing');
    });
    await probe.assertSaid('That was nothing');
  });

  check(
    'does not send a streamed text twice, where it asks for Rasa’s repetition',
    async (during) => {
      const probe = await open(during);
      const { output } = probe;
      if (!output.repeatsStreamedText) return;
      await output.sendResponseChunkStart(to);
      await output.sendResponseChunk(to, 'Once ');
      await output.sendResponseChunk(to, 'upon');
      await output.sendResponseChunkEnd(to);
      const streamed = await probe.payloads();
      await output.sendTextMessage(to, 'Once upon');
      assert.deepEqual(await probe.payloads(), streamed, SAID_TWICE);
    },
  );
}

async function* chunks(...parts: (string | Error)[]): AsyncGenerator<string> {
  for (const part of parts) {
    if (typeof part !== 'string') throw part;
    yield part;
  }
}

/** Lets an assistant speak on a channel in a real turn. */
async function inTurn(output: OutputChannel, senderId: string, assistant: Handle): Promise<void> {
  const channel = new DirectInput();
  const line = new Trunkline({ channels: [channel], assistant });
  try {
    await channel.turns?.run(new UserMessage({ text: 'Go on', senderId, outputChannel: output }));
  } finally {
    await line.close();
  }
}

/** A channel without a platform, for its turns. */
class DirectInput extends InputChannel {
  readonly name = 'direct';
  turns: Turns | null = null;

  override routes(turns: Turns): Route[] {
    this.turns = turns;
    return [];
  }
}
