import { createHash } from 'node:crypto';
import {
  type Argument,
  bin,
  IpAddress,
  int32,
  int64,
  ipv4,
  ipv6,
  type Message,
  str,
  uint32,
  uint64,
  type WritableValue,
} from '@spoa/core';
import { describe, expect, test } from 'vitest';
import { describeCombinations } from './support/combinations.ts';
import { usePair } from './support/pair.ts';
import { headerOf } from './support/response.ts';

const SAMPLES = `
spoe-message booleans
  args yes=bool(true) no=bool(false) sample=ssl_fc
  event on-frontend-http-request if { path /booleans }

spoe-message integers
  args zero=int(0) one=int(1) varint=int(240) minus=int(-1) most=int(9223372036854775807) safe=int(9007199254740991)
  args unsafe=int(9007199254740992) least=int(-9223372036854775808) negative=int(-4294967296) sample=dst_port
  event on-frontend-http-request if { path /integers }

spoe-message addresses
  args four=ipv4(192.0.2.1) six=ipv6(2001:db8::ff00:42:8329) mapped=ipv6(::ffff:192.0.2.1) src=src
  event on-frontend-http-request if { path /addresses }

spoe-message strings
  args text=str(text) empty=str() header=req.hdr(x-text) host=req.hdr(host)
  event on-frontend-http-request if { path /strings }

spoe-message bytes
  args constant=bin(00ff10) digest=str(spoa),sha1 header=req.hdr(x-bytes),base64,b64dec
  event on-frontend-http-request if { path /bytes }

spoe-message method
  args method=method
  event on-frontend-http-request if { path /method }

spoe-message missing
  args header=req.hdr(x-missing) variable=var(txn.missing) present=int(1)
  event on-frontend-http-request if { path /missing }

spoe-message unnamed
  args always_true int(1234) src ipv6(::55) req.fhdr(host)
  event on-frontend-http-request if { path /unnamed }

spoe-message duplicates
  args a=int(1) b=str(other) a=int(2) int(3) int(4)
  event on-frontend-http-request if { path /duplicates }

spoe-message most-arguments
${argumentLines(255)}
  event on-frontend-http-request if { path /most-arguments }

spoe-message too-many-arguments
${argumentLines(300)}
  event on-frontend-http-request if { path /too-many-arguments }

spoe-message variables
  args name=path
  event on-frontend-http-request if { path_beg /set/ }
`;

const FRONTEND = `
  http-request return status 200 hdr value "%[var(txn.p.value)]" hdr hex "%[var(txn.p.value),hex]" hdr found yes if { var(txn.p.value) -m found }
  http-request return status 200 hdr error "%[var(txn.p.error)]"
`;

describeCombinations((combination) => {
  const pair = usePair(combination, {
    spoe: SAMPLES,
    frontend: FRONTEND,
    agent: 'register-var-names value',
  });

  describe("a sample of HAProxy's becomes an argument", () => {
    /** The arguments of the one message that a request to `/NAME` sends. */
    async function argumentsOf(name: string, options: Parameters<typeof pair.get>[1] = {}): Promise<Argument[]> {
      let received: Argument[] | undefined;
      pair.answer(name, (message: Message) => {
        received = [...message];
      });
      await pair.get(`/${name}`, options);
      if (received === undefined) throw new Error(`the message ${name} did not come`);
      return received;
    }

    test('bool', async () => {
      expect(await argumentsOf('booleans')).toEqual([
        { name: 'yes', type: 'BOOLEAN', value: true },
        { name: 'no', type: 'BOOLEAN', value: false },
        { name: 'sample', type: 'BOOLEAN', value: false },
      ]);
    });

    test('sint, of any size and exactly', async () => {
      expect(await argumentsOf('integers')).toEqual([
        { name: 'zero', type: 'INT64', value: 0 },
        { name: 'one', type: 'INT64', value: 1 },
        { name: 'varint', type: 'INT64', value: 240 },
        { name: 'minus', type: 'INT64', value: -1 },
        { name: 'most', type: 'INT64', value: 2n ** 63n - 1n },
        { name: 'safe', type: 'INT64', value: Number.MAX_SAFE_INTEGER },
        { name: 'unsafe', type: 'INT64', value: 2n ** 53n },
        { name: 'least', type: 'INT64', value: -(2n ** 63n) },
        { name: 'negative', type: 'INT64', value: -(2 ** 32) },
        { name: 'sample', type: 'INT64', value: pair.haproxy.port('http') },
      ]);
    });

    test('ipv4 and ipv6', async () => {
      expect(await argumentsOf('addresses', { localAddress: '127.1.2.3' })).toEqual([
        { name: 'four', type: 'IPV4', value: IpAddress.parse('192.0.2.1') },
        { name: 'six', type: 'IPV6', value: IpAddress.parse('2001:db8::ff00:42:8329') },
        { name: 'mapped', type: 'IPV6', value: IpAddress.parse('::ffff:192.0.2.1') },
        { name: 'src', type: 'IPV4', value: IpAddress.parse('127.1.2.3') },
      ]);
    });

    test('str, UTF-8 included', async () => {
      const headers = { 'x-text': asHeader('Zürich — 東京'), host: 'example.org' };
      expect(await argumentsOf('strings', { headers })).toEqual([
        { name: 'text', type: 'STRING', value: 'text' },
        { name: 'empty', type: 'STRING', value: '' },
        { name: 'header', type: 'STRING', value: 'Zürich — 東京' },
        { name: 'host', type: 'STRING', value: 'example.org' },
      ]);
    });

    test('bin', async () => {
      const bytes = Buffer.from([0xc3, 0x28, 0xff, 0x80]);
      expect(await argumentsOf('bytes', { headers: { 'x-bytes': bytes.toString('latin1') } })).toEqual([
        { name: 'constant', type: 'BINARY', value: Buffer.from([0x00, 0xff, 0x10]) },
        { name: 'digest', type: 'BINARY', value: createHash('sha1').update('spoa').digest() },
        { name: 'header', type: 'BINARY', value: bytes },
      ]);
    });

    test.each(['GET', 'OPTIONS', 'PURGE'])('method, as a string: %s', async (method) => {
      expect(await argumentsOf('method', { method })).toEqual([{ name: 'method', type: 'STRING', value: method }]);
    });

    test('NULL where the sample fails', async () => {
      expect(await argumentsOf('missing')).toEqual([
        { name: 'header', type: 'NULL', value: null },
        { name: 'variable', type: 'NULL', value: null },
        { name: 'present', type: 'INT64', value: 1 },
      ]);
    });

    test('without a name, in its place', async () => {
      expect(await argumentsOf('unnamed', { host: 'example.org' })).toEqual([
        { name: '', type: 'BOOLEAN', value: true },
        { name: '', type: 'INT64', value: 1234 },
        { name: '', type: 'IPV4', value: IpAddress.parse('127.0.0.1') },
        { name: '', type: 'IPV6', value: IpAddress.parse('::55') },
        { name: '', type: 'STRING', value: 'example.org' },
      ]);
    });

    test('more than once by the same name', async () => {
      expect((await argumentsOf('duplicates')).map(({ name, value }) => [name, value])).toEqual([
        ['a', 1],
        ['b', 'other'],
        ['a', 2],
        ['', 3],
        ['', 4],
      ]);
    });

    test('up to 255 of them', async () => {
      expect((await argumentsOf('most-arguments')).map(({ value }) => value)).toEqual(
        Array.from({ length: 255 }, (_, i) => i),
      );
    });

    test('more than 255 of them fail their NOTIFY only: HAProxy counts them in one byte', async () => {
      const { headers } = await pair.get('/too-many-arguments');
      expect(headers).not.toHaveProperty('error');
      expect(pair.agent.log.takeComplaints()).toEqual([expect.stringMatching(/NOTIFY.*empty/)]);
      expect(await argumentsOf('method')).toHaveLength(1);
    });
  });

  describe('a value of the agent becomes a variable', () => {
    /** Sets `value` in the transaction and the process; what rules and the runtime API make of it. */
    async function set(value: WritableValue) {
      pair.answer('variables', (_, notify) => {
        notify.setVar('transaction', 'value', value);
        notify.setVar('process', 'value', value);
      });
      const response = await pair.get('/set/it');
      // "proc.p.value: type=sint value=<42>"
      const [, type] = /type=(\w+)/.exec(await pair.haproxy.cli('get var proc.p.value')) ?? [];
      return {
        type,
        text: headerOf(response, 'value'),
        bytes: Buffer.from(headerOf(response, 'hex'), 'hex'),
        response,
      };
    }

    test.each([
      ['true', true, '1'],
      ['false', false, '0'],
    ])('bool %s', async (_, value, text) => {
      expect(await set(value)).toMatchObject({ type: 'bool', text });
    });

    test.each<[string, WritableValue, string]>([
      ['int32 0', int32(0), '0'],
      ['int32 2^31-1', int32(2 ** 31 - 1), '2147483647'],
      ['int32 -1', int32(-1), '-1'],
      ['int32 -2^31', int32(-(2 ** 31)), '-2147483648'],
      ['uint32 2^32-1', uint32(2 ** 32 - 1), '4294967295'],
      ['int64 2^63-1', int64(2n ** 63n - 1n), '9223372036854775807'],
      ['int64 -1', int64(-1), '-1'],
      ['int64 -2^63', int64(-(2n ** 63n)), '-9223372036854775808'],
      ['int64 -2^53', int64(-(2 ** 53 - 1)), '-9007199254740991'],
      ['uint64 2^53', uint64(2n ** 53n), '9007199254740992'],
      ['uint64 2^63-1', uint64(2n ** 63n - 1n), '9223372036854775807'],
      ['uint64 2^63, which HAProxy takes for signed', uint64(2n ** 63n), '-9223372036854775808'],
      ['uint64 2^64-1, which HAProxy takes for signed', uint64(2n ** 64n - 1n), '-1'],
      ['a number', 240, '240'],
      ['a negative number', -300, '-300'],
      ['a bigint', 2n ** 62n, '4611686018427387904'],
    ])('sint from %s', async (_, value, text) => {
      expect(await set(value)).toMatchObject({ type: 'sint', text });
    });

    test.each(['0.0.0.0', '192.0.2.1', '255.255.255.255'])('ipv4 %s', async (text) => {
      expect(await set(ipv4(text))).toMatchObject({ type: 'ipv4', text });
    });

    test.each(['::', '::1', '2001:db8::ff00:42:8329', '::ffff:192.0.2.1'])('ipv6 %s', async (text) => {
      expect(await set(ipv6(text))).toMatchObject({ type: 'ipv6', text });
    });

    test.each<[string, WritableValue, string]>([
      ['empty', '', ''],
      ['ASCII', 'a text', 'a text'],
      ['UTF-8', 'Zürich — 東京 🚀', 'Zürich — 東京 🚀'],
      ['long', 'x'.repeat(1000), 'x'.repeat(1000)],
      ['bytes', str(Buffer.from('text')), 'text'],
    ])('str: %s', async (_, value, text) => {
      expect(await set(value)).toMatchObject({ type: 'str', text, bytes: Buffer.from(text) });
    });

    test('str that is no UTF-8', async () => {
      const bytes = Buffer.from([0xc3, 0x28, 0xff]);
      expect(await set(str(bytes))).toMatchObject({ type: 'str', bytes });
    });

    test.each<[string, WritableValue, Buffer]>([
      ['empty', Buffer.alloc(0), Buffer.alloc(0)],
      ['all bytes', ALL_BYTES, ALL_BYTES],
      ['a text', bin('text'), Buffer.from('text')],
    ])('bin: %s', async (_, value, bytes) => {
      expect(await set(value)).toMatchObject({ type: 'bin', bytes });
    });

    test('null: none', async () => {
      const { type, response } = await set(null);
      expect(type).toBeUndefined();
      expect(response.headers).not.toHaveProperty('found');
      expect(response.headers).not.toHaveProperty('error');
    });

    test('undefined: none either', async () => {
      pair.answer('variables', (_, notify) => notify.setVar('transaction', 'value', undefined));
      const { headers } = await pair.get('/set/it');
      expect(headers).not.toHaveProperty('found');
      expect(headers).not.toHaveProperty('error');
    });
  });
});

/** Arguments without a name, numbered from 0: of one line HAProxy reads 64 words at most. */
function argumentLines(count: number): string {
  const args = Array.from({ length: count }, (_, i) => `int(${i})`);
  return Array.from(
    { length: Math.ceil(count / 50) },
    (_, i) => `  args ${args.slice(50 * i, 50 * i + 50).join(' ')}`,
  ).join('\n');
}

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, i) => i));

/** Node writes a header one character a byte. */
function asHeader(text: string): string {
  return Buffer.from(text).toString('latin1');
}
