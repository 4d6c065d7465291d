import type { Assistant } from '@trunkline/core';

/** Says "Once upon a time", of which all but the first word has to wait, and then "done". */
export function story(rest: Promise<void>): Assistant {
  return async (_message, reply) => {
    await reply.stream(
      (async function* () {
        yield 'Once ';
        await rest;
        yield 'upon a time';
      })(),
    );
    await reply.text('done');
  };
}
