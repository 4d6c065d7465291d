import type {
  OutputChannel,
  Reply,
  Transform,
  TransformOptions,
  UserMessage,
} from '@trunkline/core';
import { say, setUpEngine, type EngineUnderTest } from './engine.ts';

/** A stream of these pieces. */
export async function* chunksOf(...chunks: string[]): AsyncGenerator<string> {
  yield* chunks;
}

/** Runs one turn on a channel. */
export async function turnOn<T extends OutputChannel>(
  output: T,
  speak: (reply: Reply, message: UserMessage) => unknown,
  transforms: [Transform, TransformOptions?][] = [],
): Promise<T & { engine: EngineUnderTest }> {
  const engine = setUpEngine(async (message, reply) => void (await speak(reply, message)), {
    transforms: transforms.map(([transform, options]) => ({
      transform,
      passStreams: options?.passStreams ?? false,
    })),
  });
  await engine.turns.run(say('Hi', { outputChannel: output }));
  return Object.assign(output, { engine });
}
