import { encodeHaproxyHello, encodeNotify, IpAddress, int64, type WritableMessage } from '@spoa/core';

/** What is sent, as the load generator's profiles send it: a message each, and as many frames as one read may bring. */
export const PROFILES = {
  ip: { name: 'get-ip-reputation', args: [['ip', IpAddress.v4(0xc000_0201)]] },
  'waf-three': { name: 'waf-three', args: wafArguments() },
  'waf-all': { name: 'waf-all', args: wafArguments() },
  big: { name: 'big-body', args: [['body', bytes(14 * 1024)]] },
} as const satisfies Record<string, WritableMessage>;

export type Profile = keyof typeof PROFILES;

export const PROFILE_NAMES = Object.keys(PROFILES) as Profile[];

/** Fourteen arguments, 3.9 kB: a request as a web application firewall wants to see it. */
function wafArguments(): WritableMessage['args'] {
  const cookie = 'cookie: session=8c1f0e52; pref=a%3D1\r\n';
  return [
    ['app', 'shop'],
    ['id', '5a1f7c3e-1c0b-4a57-9d5c-0a4be3b6f1d2'],
    ['method', 'POST'],
    ['path', '/api/v2/orders/483920/items'],
    ['query', 'page=2&sort=-created&filter=status%3Aopen&q=caf%C3%A9'],
    ['version', '1.1'],
    ['headers', cookie.repeat(40).slice(0, 1536)],
    ['ip', IpAddress.v4(0xc000_0201)],
    ['src-port', int64(51514)],
    ['dst-port', int64(443)],
    ['ssl', true],
    ['cached', false],
    ['ja3', null],
    ['body', bytes(2048)],
  ];
}

function bytes(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, i) => (i * 167 + (i >> 3) * 31) & 255));
}

/** NOTIFY frames behind one another, `messages` in turn, with the ids of `frames` streams. */
export function notifyBlock(messages: readonly WritableMessage[], frames: number): Buffer {
  const parts = Array.from({ length: frames }, (_, i) => {
    const message = messages[i % messages.length] as WritableMessage;
    return encodeNotify({ streamId: 1001 + 2 * i, frameId: 1 }, [message]);
  });
  return Buffer.concat(parts.flat());
}

/** What HAProxy 3.0 says first: with `async`, so that nothing is held back for the sake of its buffer. */
export function hello(): Buffer {
  return encodeHaproxyHello({
    supportedVersions: ['2.0'],
    maxFrameSize: 16380,
    capabilities: ['pipelining', 'async'],
    engineId: 'b0e1c2d3-0000-4000-8000-000000000001',
  });
}
