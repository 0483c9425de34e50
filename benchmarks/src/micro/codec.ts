import {
  decodeMessages,
  encodeAck,
  encodeMessages,
  FrameSplitter,
  IpAddress,
  int32,
  int64,
  ipv6,
  MessageIndex,
  Reader,
  readTypedData,
  readVarint,
  skipTypedData,
  uint64,
  type WritableValue,
  Writer,
  writeTypedData,
  writeVarint,
} from '@spoa/core';
import type { Subject } from './measurement.ts';
import { notifyBlock, PROFILES } from './payloads.ts';

const TIMES = 1000;

/** What the last of a kind gave: without a use, the compiler might leave the work out. */
export const sink: { last: unknown } = { last: undefined };

const VARINTS = { '1 byte': 100, '2 bytes': 1001, '4 bytes': 4_000_000, '10 bytes': 2n ** 64n - 1n };

const VALUES: Readonly<Record<string, WritableValue>> = {
  null: null,
  boolean: true,
  int32: int32(51514),
  'int64, negative': int64(-51514),
  'uint64, bigint': uint64(2n ** 63n),
  ipv4: IpAddress.v4(0xc000_0201),
  ipv6: ipv6('2001:db8::1'),
  'string of 4': 'POST',
  'string of 400': 'a'.repeat(400),
  'binary of 2 kB': Buffer.alloc(2048, 7),
};

const PAYLOADS = [
  ['ip', PROFILES.ip],
  ['waf', PROFILES['waf-all']],
  ['big', PROFILES.big],
] as const;

/** The codec: what every frame passes through. */
export function codecSubjects(): Subject[] {
  return [
    ...Object.entries(VARINTS).flatMap(([name, value]) => varint(name, value)),
    ...Object.entries(VALUES).flatMap(([name, value]) => typedData(name, value)),
    ...PAYLOADS.flatMap(([name, message]) => [
      split(`split frames: ${name}`, notifyBlock([message], TIMES / 10), TIMES / 10),
      ...notify(name, encodeMessages([message])),
    ]),
    splitInPieces(),
    ...acks(),
  ];
}

function varint(name: string, value: number | bigint): Subject[] {
  const writer = new Writer(64);
  writeVarint(writer, value);
  const reader = new Reader(writer.take());
  return [
    repeat(`write varint: ${name}`, () => {
      writer.offset = 0;
      writeVarint(writer, value);
    }),
    repeat(`read varint: ${name}`, () => {
      reader.offset = 0;
      sink.last = readVarint(reader);
    }),
  ];
}

function typedData(name: string, value: WritableValue): Subject[] {
  const writer = new Writer(4096);
  writeTypedData(writer, value);
  const reader = new Reader(writer.take());
  return [
    repeat(`write typed data: ${name}`, () => {
      writer.offset = 0;
      writeTypedData(writer, value);
    }),
    repeat(`read typed data: ${name}`, () => {
      reader.offset = 0;
      sink.last = readTypedData(reader);
    }),
    repeat(`skip typed data: ${name}`, () => {
      reader.offset = 0;
      skipTypedData(reader);
    }),
  ];
}

function split(name: string, chunk: Buffer, frames: number): Subject {
  const splitter = new FrameSplitter(16380, () => true);
  const run = (): void => {
    splitter.feed(chunk);
    while (splitter.next()) sink.last = splitter.end;
  };
  return { name, times: frames, run };
}

/** The worst that TCP does to small frames: each comes in two pieces. */
function splitInPieces(): Subject {
  const frame = notifyBlock([PROFILES.ip], 1);
  const [head, tail] = [frame.subarray(0, 20), frame.subarray(20)];
  const splitter = new FrameSplitter(16380, () => true);
  return repeat('split frames: ip, in two pieces', () => {
    splitter.feed(head);
    splitter.next();
    splitter.feed(tail);
    while (splitter.next()) sink.last = splitter.end;
  });
}

function notify(profile: string, payload: Buffer): Subject[] {
  const index = new MessageIndex();
  const reader = new Reader(payload);
  return [
    repeat(`index NOTIFY: ${profile}`, () => {
      reader.offset = 0;
      index.parse(reader);
    }),
    repeat(`decode NOTIFY: ${profile}`, () => {
      for (const message of decodeMessages(payload)) for (const { value } of message) sink.last = value;
    }),
  ];
}

function acks(): Subject[] {
  const ids = { streamId: 1001, frameId: 1 };
  const one = [{ type: 'set-var', scope: 'session', name: 'ip_score', value: 42 }] as const;
  const ten = Array.from({ length: 10 }, (_, i) => ({ ...one[0], name: `score_${i}`, value: `value ${i}` }));
  return [
    repeat('encode ACK: empty', () => {
      sink.last = encodeAck(ids, []);
    }),
    repeat('encode ACK: one integer', () => {
      sink.last = encodeAck(ids, one);
    }),
    repeat('encode ACK: ten strings', () => {
      sink.last = encodeAck(ids, ten);
    }),
  ];
}

function repeat(name: string, once: () => void): Subject {
  const run = (): void => {
    for (let i = 0; i < TIMES; i++) once();
  };
  return { name, times: TIMES, run };
}
