import { isJsonObject, type JsonObject } from '@trunkline/core';

/** Rasa's own, which no domain lists. @see Rasa: Domain, "Default intents" */
const DEFAULT_INTENTS = ['restart', 'back', 'out_of_scope', 'session_start', 'nlu_fallback'];

/** The intents of Rasa's domain: each is a name, or its name with options. */
export function intentsOf({ intents }: JsonObject): Set<string> {
  const listed = Array.isArray(intents) ? intents : [];
  const names = listed.flatMap((intent) => (isJsonObject(intent) ? Object.keys(intent) : intent));
  return new Set([...DEFAULT_INTENTS, ...names.filter((name) => typeof name === 'string')]);
}
