import { describe, expect, it } from 'vitest';
import { imageAt, isSendable, mediaLimits, mediaLink, mediaOf } from '../../src/render/media.ts';

const US = '+15557654321';

describe('mediaLimits (traps 22, 23)', () => {
  it.each([
    ['+15550001111', US, 10],
    [null, US, 10],
    ['12345', US, 10],
    ['whatsapp:+15550001111', 'whatsapp:+491511234567', 1],
    ['rcs:pizza', 'rcs:+15557654321', 10],
    // As Twilio takes numbers too: these were sent a link.
    ['15550001111', '+1 (555) 765-4321', 10],
    ['5550001111', '5557654321', 10],
  ])('of %j to %j are of %d a message', (from, to, perMessage) => {
    expect(mediaLimits(from, to)?.perMessage).toBe(perMessage);
  });

  it.each([
    ['+15550001111', '+491511234567'],
    ['+491511234567', US],
    ['+15550001111', '+18765550000'],
    ['+15550001111', '(876) 555-0000'],
    ['PIZZA', US],
    ['+15550001111', '12345'],
  ])('of %j to %j are none', (from, to) => {
    expect(mediaLimits(from, to)).toBeNull();
  });
});

describe('mediaOf', () => {
  const url = 'https://x.org/menu.pdf?v=1';

  it('reads every form of an attachment', () => {
    const file = { url, name: null, mimeType: 'application/pdf', sizeBytes: null };
    expect(mediaOf(url, 'sms')).toEqual(file);
    expect(
      mediaOf({ url, name: 'Menu', mimeType: 'Text/CSV; charset=utf-8', size: 12 }, 'sms'),
    ).toEqual({
      url,
      name: 'Menu',
      mimeType: 'text/csv',
      sizeBytes: 12,
    });
    expect(mediaOf({ type: 'file', payload: { src: url } }, 'sms')).toEqual(file);
  });

  it.each(['menu.pdf', 'Data: see below', 'ftp://x.org/a', 42, [url], { id: 1 }])(
    'finds no address in %j',
    (attachment) => {
      expect(mediaOf(attachment, 'sms')).toBeNull();
    },
  );
});

it.each(['data:image/png;base64,AAAA', 'DATA:,text', ' data:text/plain;charset=utf-8,a'])(
  'a file in the place of its address (%j) is refused',
  (url) => {
    for (const read of [() => imageAt(url, 'sms'), () => mediaOf({ url }, 'sms')]) {
      expect(read).toThrow('[sms] Twilio fetches media from an address');
    }
  },
);

describe('isSendable', () => {
  const limits = mediaLimits('+15550001111', US);
  const sendable = (about: object): boolean => {
    const media = mediaOf({ url: 'https://x.org/file', ...about }, 'sms');
    return media !== null && isSendable(media, limits);
  };

  it('is what Twilio takes, within its size', () => {
    expect(sendable({ mimeType: 'image/png' })).toBe(true);
    expect(sendable({ mimeType: 'application/pdf', sizeBytes: 400_000 })).toBe(true);
    for (const mimeType of ['image/png', 'video/mp4']) {
      expect(sendable({ mimeType, sizeBytes: 5 * 1024 * 1024 })).toBe(true);
      expect(sendable({ mimeType, sizeBytes: 5 * 1024 * 1024 + 1 })).toBe(false);
    }
    expect(sendable({ mimeType: 'application/zip' })).toBe(false);
    expect(sendable({})).toBe(false);
  });

  // The story: a photograph of 10 MB went to WhatsApp, which takes files of 16 MB and images of 5. Twilio took the
  // message, and the user got nothing.
  it('is an image of up to 5 MB on WhatsApp, where other files may be larger', () => {
    const whatsapp = mediaLimits('whatsapp:+15550001111', `whatsapp:${US}`);
    const takes = (mimeType: string, megabytes: number): boolean => {
      const sizeBytes = megabytes * 1024 * 1024;
      const media = mediaOf({ url: 'https://x.org/file', mimeType, sizeBytes }, 'sms');
      return media !== null && isSendable(media, whatsapp);
    };
    expect([takes('image/jpeg', 5), takes('image/jpeg', 10)]).toEqual([true, false]);
    expect([takes('video/mp4', 16), takes('video/mp4', 17)]).toEqual([true, false]);
  });

  it('is an image of unknown type, but no drawing', () => {
    const image = (url: string): boolean => {
      const media = imageAt(url, 'sms');
      return media !== null && isSendable(media, limits);
    };
    expect(image('https://x.org/picture?id=3')).toBe(true);
    expect(image('https://x.org/pizza.svg')).toBe(false);
    expect(image('https://x.org/pizza.webp')).toBe(false);
  });
});

it('a link has the name of the file before it', () => {
  expect(mediaLink({ url: 'https://x.org/a', name: 'Menu', mimeType: null, sizeBytes: null })).toBe(
    'Menu: https://x.org/a',
  );
});
