import type { ChannelRequest } from './http.ts';

const TYPES = [
  null,
  'application/json',
  'application/json; charset=utf-16',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'multipart/form-data; boundary=x',
  'text/plain',
  'no type at all',
];

/** Bodies that are a message on no platform. */
const BODIES: Record<string, string | Uint8Array> = {
  nothing: '',
  'a bracket': '{',
  'half an object': '{"sender":"anna","message":',
  null: 'null',
  'a number': '42',
  'a JSON text': '"hello"',
  'an empty list': '[]',
  'a list of nulls': '[null,null]',
  'a form of nothing': '%zz&=&==&%00',
  'bytes that are no UTF-8': Uint8Array.of(0xff, 0xfe, 0x00, 0xc3, 0x28),
  'brackets without end': '['.repeat(20_000),
  'half a megabyte': 'x'.repeat(512 * 1024),
};

/** Bodies that are JSON objects, which a channel may take for a message without anything in it. */
const ODD_BODIES: Record<string, string> = {
  'an empty object': '{}',
  'an object of strange keys': '{"__proto__":{"a":1},"constructor":null,"":0}',
  'an object of objects': '{"sender":{},"message":{},"text":[],"event":{"a":[]},"payload":{}}',
};

/** A request, and how to speak of it. */
export interface NamedRequest {
  name: string;
  request: ChannelRequest;
}

/** Requests that MUST NOT start a turn: with the headers of a valid one, and another body. */
export function garbage({ path = '/webhook', headers = {} }: ChannelRequest): NamedRequest[] {
  const others = Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'content-type');
  return Object.entries(BODIES).flatMap(([name, body]) =>
    TYPES.map((type) => ({
      name: `${name} as ${type ?? 'no type'}`,
      request: {
        path,
        body,
        headers: Object.fromEntries(type === null ? others : [...others, ['content-type', type]]),
      },
    })),
  );
}

/** Requests that may start a turn, and MUST NOT do harm: of any sort, and spoilt valid ones. */
export function oddities(valid: ChannelRequest): NamedRequest[] {
  const odd = Object.entries(ODD_BODIES).map(([name, body]) => ({
    name,
    request: { ...valid, body, headers: { 'content-type': 'application/json', ...valid.headers } },
  }));
  return [...odd, ...spoilt(valid)];
}

/** The valid request with its body cut, or with one of its values replaced. */
function spoilt(valid: ChannelRequest): NamedRequest[] {
  const { body } = valid;
  if (body === undefined) return [];
  if (typeof body === 'string' || body instanceof Uint8Array) {
    const half = Buffer.from(body).subarray(0, body.length / 2);
    return [{ name: 'half of a valid body', request: { ...valid, body: half } }];
  }
  return Object.keys(body).flatMap((key) =>
    [null, true, -1, '', [], {}, [{}]].map((value) => ({
      name: `a valid body with ${key}: ${JSON.stringify(value)}`,
      request: { ...valid, body: { ...body, [key]: value } },
    })),
  );
}
