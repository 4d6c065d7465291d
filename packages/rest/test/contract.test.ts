import { RestInput } from '@trunkline/rest';
import { inputChannelContract, type ChannelRequest } from '@trunkline/testing';
import { describe, it } from 'vitest';

const message = (text: string, sender: string): ChannelRequest => ({
  body: { message: text, sender },
});

describe('RestInput', () => {
  inputChannelContract({
    it,
    create: () => new RestInput(),
    message,
    replies: (answer) => JSON.parse(answer.body) as unknown,
  });
});

describe('RestInput, as a stream of lines', () => {
  inputChannelContract({
    it,
    create: () => new RestInput({ name: 'lines' }),
    message: (text, sender) => ({ ...message(text, sender), path: '/webhook?stream=true' }),
    replies: (answer) => answer.body,
    credentials: { name: 'lines' },
  });
});

describe('RestInput, as server-sent events', () => {
  inputChannelContract({
    it,
    create: () => new RestInput(),
    message: (text, sender) => ({ ...message(text, sender), path: '/webhook?stream=sse' }),
    replies: (answer) => answer.body,
  });
});

describe('RestInput, for those who know a token and come from a page', () => {
  const options = {
    auth: { type: 'bearer', token: 'open-sesame' },
    cors: true,
    errors: 'problem',
  } as const;
  inputChannelContract({
    it,
    create: () => new RestInput(options),
    message: (text, sender) => ({
      ...message(text, sender),
      headers: { authorization: 'Bearer open-sesame', origin: 'https://example.org' },
    }),
    forged: (text, sender) => ({
      ...message(text, sender),
      headers: { authorization: 'Bearer guessed', origin: 'https://example.org' },
    }),
    replies: (answer) => JSON.parse(answer.body) as unknown,
    credentials: options,
  });
});
