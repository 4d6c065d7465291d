// The same assistant for both ways of serving it.
import { Trunkline } from '@trunkline/core';
import { RestInput } from '@trunkline/rest';

export const line = new Trunkline({
  channels: [new RestInput()],
  assistant: async (message, reply) => {
    await reply.text(`You said: ${message.text}`);
  },
});
