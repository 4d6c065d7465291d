import { ConfigurationError, InputChannel, type Route } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { hasOwnBlueprint } from '../../src/channel/input-channel.ts';
import { serve } from '../support/http.ts';

class Silent extends InputChannel {
  readonly name = 'silent';
}

describe('InputChannel', () => {
  it('8: a channel with neither routes nor blueprint is refused with a word on both', () => {
    const channel = new Silent();
    const unused = async (): Promise<void> => {};
    expect(() => channel.blueprint(unused)).toThrow(ConfigurationError);
    expect(() => channel.blueprint(unused)).toThrow(
      '[silent] the channel needs to provide routes(turns) or blueprint(onNewMessage)',
    );
  });

  it('has a URL prefix, no metadata and no options by default', () => {
    const channel = new Silent();
    expect(channel.urlPrefix()).toBe('silent');
    // Its request is not looked at.
    expect(channel.getMetadata({} as never)).toBeNull();
    for (const none of [undefined, null, {}, { name: 'silent' }]) {
      expect(Silent.fromCredentials(none)).toBeInstanceOf(Silent);
    }
    expect(() => Silent.fromCredentials({ anything: 1 })).toThrow(
      '[silent] Silent has no fromCredentials(credentials) to take "anything": write one, or leave it out',
    );
    expect(channel.getOutputChannel).toBeUndefined();
  });

  it('knows a channel that is written as an Express Router', () => {
    class Written extends Silent {
      override blueprint(): () => void {
        return () => {};
      }
    }
    expect(hasOwnBlueprint(new Silent())).toBe(false);
    expect(hasOwnBlueprint(new Written())).toBe(true);
  });

  it('is a function for Express and its like, with live turns only', async () => {
    class Echo extends Silent {
      override routes(turns: Parameters<InputChannel['routes']>[0]): Route[] {
        return [
          { method: 'GET', path: '/', handle: (_req, res) => void res.end('ok') },
          { method: 'POST', path: '/webhook', handle: () => turns.accept({} as never) as never },
        ];
      }
    }
    const blueprint = new Echo().blueprint(async () => {});
    const { url, stop } = await serve((req, res) => blueprint(req, res, () => res.end('next')));
    try {
      expect(await (await fetch(url)).text()).toBe('ok');
      expect(await (await fetch(`${url}/elsewhere`)).text()).toBe('next');
      const refused = await fetch(`${url}/webhook`, { method: 'POST' });
      expect(refused.status).toBe(500);
      expect(await refused.json()).toMatchObject({
        detail: expect.stringContaining('[silent] a channel mounted through blueprint') as string,
      });
    } finally {
      await stop();
    }
  });
});
