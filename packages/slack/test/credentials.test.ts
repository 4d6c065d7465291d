import { ConfigurationError } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { optionsFromCredentials, resolveOptions } from '../src/credentials.ts';
import { SlackInput } from '../src/index.ts';

const GOOD = { token: 'xoxb-1', signingSecret: 's' };

describe('options', () => {
  it('have defaults', () => {
    expect(resolveOptions(GOOD)).toMatchObject({
      name: 'slack',
      signingSecrets: ['s'],
      listen: 'addressed',
      conversationGranularity: 'sender',
      useThreads: 'auto',
      edits: 'ignore',
      findSent: false,
      channel: null,
      apiUrl: 'https://slack.com/api/',
      paths: { events: '/webhook', interactivity: '/webhook', commands: '/webhook' },
    });
  });

  // Lines are written where a failure is dealt with: a second one there may end the process.
  it('take a logger that throws for one that says nothing', () => {
    const throwing = (): never => {
      throw new TypeError('Converting circular structure to JSON');
    };
    const logger = { debug: throwing, info: throwing, warn: throwing, error: throwing };
    const { logger: guarded } = resolveOptions({ ...GOOD, logger });
    expect(() => guarded?.error({}, 'something failed')).not.toThrow();
  });

  it('take a token of any kind that a bot has, or a function', () => {
    for (const token of ['xoxb-1-2-abc', 'xoxe.xoxb-1-abc', () => null]) {
      expect(() => new SlackInput({ ...GOOD, token })).not.toThrow();
    }
    expect(resolveOptions({ ...GOOD, signingSecret: ['a', 'b'] }).signingSecrets).toEqual([
      'a',
      'b',
    ]);
  });

  it.each([
    [{ token: '' }, /token \(slack_token\) is missing: .*OAuth & Permissions/],
    [{ token: undefined }, /slack_token/],
    [{ token: 'xapp-1-secretvalue' }, /not a bot token: .*OAuth & Permissions/],
    [{ token: 'mysecretvalue' }, /not a bot token/],
    [{ signingSecret: '' }, /slack_signing_secret\) is missing: .*Basic Information/],
    [{ token: 'xoxb-…' }, /not a bot token/],
    [{ signingSecret: [] }, /slack_signing_secret/],
    [{ signingSecret: 'secretvalue\n' }, /slack_signing_secret\) is malformed: .*Basic Info/],
    [{ signingSecret: ['a', '…'] }, /slack_signing_secret\) is malformed/],
    [{ channel: '#general' }, /channel \(slack_channel\) must be the id of a channel \(C…\)/],
    [{ channel: 'general' }, /must be the id/],
    [{ signingSecret: ['a', ''] }, /slack_signing_secret/],
    [{ name: '' }, /name must be/],
    [{ channel: '' }, /channel \(slack_channel\) must be/],
    [{ listen: 'some' }, /listen must be one of addressed, all/],
    [
      { conversationGranularity: 'team' },
      /conversationGranularity must be one of sender, channel, thread/,
    ],
    [{ useThreads: 'yes' }, /useThreads/],
    [{ edits: true }, /edits/],
    [{ status: '' }, /status must be/],
    [{ onInteraction: {} }, /onInteraction must be/],
    [{ timeoutMs: 0 }, /timeoutMs must be/],
    [{ bodyLimitBytes: 1.5 }, /bodyLimitBytes must be/],
    [{ maxRequests: '24' }, /maxRequests must be/],
    [{ apiUrl: 'slack' }, /apiUrl must be/],
    [{ apiUrl: 'localhost:3000/api/' }, /apiUrl must be/],
    [{ proxy: 'proxy' }, /proxy must be/],
    [{ proxy: 'proxy:8080' }, /proxy must be an address such as http:\/\/proxy:8080/],
    [{ paths: { events: 'events' } }, /paths.events must be/],
    [{ paths: { other: '/x' } }, /unknown option "paths.other"/],
    [{ signingSecrets: 's' }, /unknown option "signingSecrets", did you mean "signingSecret"\?/],
    [{ colour: 'red' }, /unknown option "colour": there are token, signingSecret/],
  ])('name what is wrong: %o', (options, message) => {
    const make = (): unknown => new SlackInput({ ...GOOD, ...options } as never);
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(message);
    expect(make).not.toThrow(/secretvalue/);
  });
});

describe('credentials', () => {
  it('have Rasa’s names', () => {
    const credentials = {
      slack_token: 'xoxb-1',
      slack_signing_secret: 's',
      slack_channel: 'C1',
      proxy: 'http://proxy:8080',
      conversation_granularity: 'thread',
      use_threads: true,
      slack_retry_reason_header: 'x-slack-retry-reason',
      slack_retry_number_header: 'x-slack-retry-num',
      errors_ignore_retry: ['http_timeout'],
    };
    expect(optionsFromCredentials(credentials)).toEqual({
      token: 'xoxb-1',
      signingSecret: 's',
      channel: 'C1',
      proxy: 'http://proxy:8080',
      conversationGranularity: 'thread',
      useThreads: true,
    });
    expect(SlackInput.fromCredentials(credentials).name).toBe('slack');
  });

  it('or ours, and an empty key is as good as none', () => {
    const made = SlackInput.fromCredentials({ ...GOOD, name: 'second', slack_channel: null });
    expect(made.name).toBe('second');
    expect(made.urlPrefix()).toBe('second');
  });

  it.each([
    null,
    undefined,
    [],
    'xoxb-1',
    {},
    { slack_token: 'xoxb-1' },
    { slack_signing_secret: 's' },
  ])('say what is missing: %o', (credentials) => {
    expect(() => SlackInput.fromCredentials(credentials)).toThrow(ConfigurationError);
    expect(() => SlackInput.fromCredentials(credentials)).toThrow(/api\.slack\.com\/apps/);
  });

  it('name nothing twice', () => {
    expect(() => optionsFromCredentials({ ...GOOD, slack_token: 'xoxb-2' })).toThrow(
      /token is there twice/,
    );
  });
});
