import {
  type Trunkline,
  type Assistant,
  type ErrorContext,
  type TrunklineOptions,
} from '@trunkline/core';
import { RasaAssistant, type RasaOptions } from '@trunkline/rasa';
import { RestInput } from '@trunkline/rest';
import { startLine } from '@trunkline/testing';
import { afterEach } from 'vitest';
import { RasaStandIn, type StandInOptions } from './stand-in.ts';

const endings: (() => Promise<void>)[] = [];

/** How long to poll for something: the first use of undici loads it, beside other tests. */
export const SLOWLY = { timeout: 10_000 };

/** Ends what was started in a test of this file, the last thing first. */
export function endAfterEach(): void {
  afterEach(async () => {
    for (const end of endings.splice(0).toReversed()) await end();
  });
}

/** Ends something after the test. */
export function atEnd(end: () => Promise<void>): void {
  endings.push(end);
}

/** A stand-in that ends with the test. */
export async function startRasa(options: StandInOptions = {}): Promise<RasaStandIn> {
  const rasa = await RasaStandIn.start(options);
  atEnd(() => rasa.stop());
  return rasa;
}

export interface Scene {
  rasa: RasaStandIn;
  line: Trunkline;
  url: string;
  errors: { error: Error; context: ErrorContext }[];
  /** Says something over REST. */
  post: (message: unknown, query?: string) => Promise<Response>;
  /** The same, and reads Rasa's form of the answer. */
  ask: (text: string) => Promise<unknown>;
}

/** A Rasa, and a line with a REST channel whose assistant it is. */
export async function startScene(
  options: StandInOptions = {},
  rasaOptions: Partial<RasaOptions> = {},
  lineOptions: Partial<TrunklineOptions> = {},
): Promise<Scene> {
  const rasa = await startRasa(options);
  const errors: Scene['errors'] = [];
  const { line, url, close } = await startLine({
    channels: [new RestInput()],
    assistant: new RasaAssistant({ url: rasa.url, ...rasaOptions }) satisfies Assistant,
    onError: (error, context) => void errors.push({ error, context }),
    ...lineOptions,
  });
  atEnd(close);
  const post: Scene['post'] = (message, query = '') =>
    fetch(`${url}/webhooks/rest/webhook${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
    });
  const ask: Scene['ask'] = async (message) => (await post({ sender: 'ada', message })).json();
  return { rasa, line, url, errors, post, ask };
}
