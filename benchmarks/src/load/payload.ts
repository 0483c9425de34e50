import { encodeMessages, int64, ipv4, str, type WritableValue } from '@spoa/core';

/** What a NOTIFY carries: `ip` an address; `waf` fourteen arguments of a request, 3.9 kB; `big` a body; `many` so many arguments. */
export type PayloadName = 'ip' | 'waf' | 'big' | 'many';

export const PAYLOAD_NAMES: readonly PayloadName[] = ['ip', 'waf', 'big', 'many'];

export interface PayloadOptions {
  /** Bytes of the body of `big`. */
  readonly size: number;
  /** Arguments of `many`, the address among them. */
  readonly args: number;
}

export interface Payload {
  /** The messages of every NOTIFY. */
  readonly bytes: Buffer;
  /** Where its address is, that no two NOTIFYs in a row shall share; -1 where it has none. */
  readonly addressAt: number;
}

type Args = (readonly [name: string, value: WritableValue])[];

const ADDRESS = '192.0.2.1';

const HEADERS = [
  'host: shop.example.com',
  'user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'accept-language: en-GB,en;q=0.5',
  'accept-encoding: gzip, deflate, br',
  'content-type: application/x-www-form-urlencoded',
  'content-length: 2048',
  `cookie: ${'session=7b0d7a64-3d6e-4f0e-8a52-6f5c1f0f9f1e; theme=dark; '.repeat(30)}`,
].join('\r\n');

const HEADERS_BYTES = 1536;
const BODY_BYTES = 2048;

function body(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => i * 167 + (i >> 3) * 31));
}

const PAYLOADS: Readonly<Record<PayloadName, (options: PayloadOptions) => Args>> = {
  ip: () => [['ip', ipv4(ADDRESS)]],
  waf: () => [
    ['app', 'shop'],
    ['id', '0f8c1d5e-9a57-4f0b-b5c8-2d1f3e7a6c90'],
    ['method', 'POST'],
    ['path', '/api/v2/orders/483920/items'],
    ['query', 'page=2&sort=-created&filter=status%3Aopen&q=caf%C3%A9'],
    ['version', '1.1'],
    ['headers', str(`${HEADERS.slice(0, HEADERS_BYTES - 4)}\r\n\r\n`)],
    ['ip', ipv4(ADDRESS)],
    ['src-port', int64(51_514)],
    ['dst-port', int64(443)],
    ['ssl', true],
    ['cached', false],
    ['ja3', null],
    ['body', body(BODY_BYTES)],
  ],
  big: ({ size }) => [['body', body(size)]],
  // The address comes last: an agent that looks for it has to pass the others.
  many: ({ args }) => [
    ...Array.from({ length: args - 1 }, (_, i) => [`arg-${i}`, `value-${i}`] as const),
    ['ip', ipv4(ADDRESS)],
  ],
};

export function makePayload(name: PayloadName, message: string, options: PayloadOptions): Payload {
  const bytes = encodeMessages([{ name: message, args: PAYLOADS[name](options) }]);
  const address = encodeMessages([{ name: '', args: [['ip', ipv4(ADDRESS)]] }]).subarray(2);
  const found = bytes.indexOf(address);
  return { bytes, addressAt: found < 0 ? -1 : found + address.length - 4 };
}
