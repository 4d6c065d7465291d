import { describe, expect, it } from 'vitest';
import { parseInbound, type Inbound } from '../src/parse.ts';
import { inboundForm, PHONE } from './support/twilio.ts';

function parse(values: Record<string, string> = {}): Inbound {
  const entries = Object.entries(inboundForm(values)).filter(([, value]) => value !== '');
  return parseInbound('sms', new Map(entries));
}

const MEDIA = 'https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME';

describe('parseInbound', () => {
  it('reads a text, and where it comes from', () => {
    expect(parse({ Body: ' Hi there ' })).toMatchObject({
      from: PHONE,
      text: 'Hi there',
      choice: null,
      attachments: [],
      optOutType: null,
      metadata: { from: { city: 'SAN FRANCISCO', state: 'CA', zip: '94105', country: 'US' } },
    });
  });

  it('reads a picture without a caption as a message (trap 23)', () => {
    const form = {
      Body: '',
      NumMedia: '2',
      MediaUrl0: `${MEDIA}0`,
      MediaContentType0: 'image/jpeg',
      MediaUrl1: `${MEDIA}1`,
      MediaContentType1: 'application/pdf',
      MediaUrl2: `${MEDIA}2`,
    };
    expect(parse(form)).toMatchObject({
      text: null,
      attachments: [
        { type: 'image', url: `${MEDIA}0`, mimeType: 'image/jpeg' },
        { type: 'file', url: `${MEDIA}1`, mimeType: 'application/pdf' },
      ],
    });
  });

  it.each(['', 'x', '-1', '1e9', '999999999999'])('reads NumMedia %j without harm', (NumMedia) => {
    expect(parse({ NumMedia, MediaUrl0: '' }).attachments).toEqual([]);
  });

  it('reads a message of nothing as an empty text', () => {
    expect(parse({ Body: '' }).text).toBe('');
  });

  it('reads a location as Rasa does, and as what it is', () => {
    const form = { Body: '', Latitude: '1.5', Longitude: '2.5', Label: 'Home', Address: 'Main St' };
    expect(parse(form)).toMatchObject({
      text: "/locationData{'Latitude': 1.5,'Longitude': 2.5}",
      attachments: [
        { type: 'location', latitude: 1.5, longitude: 2.5, name: 'Home', address: 'Main St' },
      ],
    });
  });

  it('reads taps as choices (trap 21)', () => {
    const button = { Body: 'Yes, please', ButtonText: 'Yes, please', ButtonPayload: '/yes' };
    expect(parse(button)).toMatchObject({
      text: '/yes',
      choice: { title: 'Yes, please', payload: '/yes' },
    });
    expect(parse({ Body: 'Small', ListId: '/small', ListTitle: 'Small' })).toMatchObject({
      text: '/small',
      choice: { title: 'Small', payload: '/small' },
    });
    // What the item says beside its title may stand in the body.
    const list = { Body: 'Small: 20 cm', ListId: '/small' };
    expect(parse({ ...list, ListTitle: 'Small' }).choice?.title).toBe('Small');
    expect(parse(list).choice).toEqual({ title: 'Small: 20 cm', payload: '/small' });
    expect(parse({ ...list, Body: '' }).choice).toEqual({ title: '/small', payload: '/small' });
    expect(parse({ Body: 'Yes' }).choice).toBeNull();
  });

  it('keeps profile, reply and referral in the metadata', () => {
    const { metadata } = parse({
      ProfileName: 'Ada',
      WaId: '15557654321',
      OriginalRepliedMessageSid: 'SM9',
      ReferralHeadline: 'Pizza!',
      ReferralSourceUrl: 'https://fb.me/1',
      MessagingServiceSid: 'MG1',
    });
    expect(metadata).toMatchObject({
      profile: { name: 'Ada', waId: '15557654321' },
      repliedTo: { messageSid: 'SM9' },
      referral: { headline: 'Pizza!', sourceUrl: 'https://fb.me/1' },
      twilio: { messagingServiceSid: 'MG1' },
    });
  });

  it.each(['whatsapp:+491511234567', 'whatsapp:US.ABC123', 'rcs:+15557654321', '12345', 'PIZZA'])(
    'takes %s for a name, and nothing more (trap 22)',
    (From) => {
      expect(parse({ From }).from).toBe(From);
    },
  );
});
