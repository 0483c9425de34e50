import fc, { type Arbitrary } from 'fast-check';
import {
  type AgentHello,
  bin,
  type Disconnect,
  type Frame,
  type HaproxyHello,
  IpAddress,
  int32,
  int64,
  SCOPES,
  type Scope,
  str,
  uint32,
  uint64,
  type Value,
  type WritableAction,
  type WritableMessage,
  type WritableValue,
} from '../../src/index.ts';

/** Integers of up to `bits` bits, with the edges of every power of two among them. */
export function unsignedIntegers(bits: number): Arbitrary<bigint> {
  const max = 2n ** BigInt(bits) - 1n;
  const edge = fc
    .tuple(fc.nat({ max: bits }), fc.bigInt({ min: -300n, max: 300n }))
    .map(([exponent, delta]) => BigInt.asUintN(bits, 2n ** BigInt(exponent) + delta));
  const ofLength = fc.nat({ max: bits }).chain((length) => fc.bigInt({ min: 0n, max: 2n ** BigInt(length) - 1n }));
  return fc.oneof(fc.bigInt({ min: 0n, max }), edge, ofLength);
}

export function signedIntegers(bits: number): Arbitrary<bigint> {
  return unsignedIntegers(bits).map((value) => BigInt.asIntN(bits, value));
}

export function addresses(): Arbitrary<IpAddress> {
  const word = fc.oneof(
    fc.constantFrom(0, 1, 0xffff, 0x1_0000, 0xffff_0000, 0x8000_0000, 0xffff_ffff),
    fc.nat({ max: 0xffff_ffff }),
  );
  return fc.oneof(
    word.map((w0) => IpAddress.v4(w0)),
    fc.tuple(word, word, word, word).map((words) => IpAddress.v6(...words)),
  );
}

/** Any text that UTF-8 can carry. */
export function texts(maxLength = 100): Arbitrary<string> {
  return fc.oneof(
    fc.string({ unit: 'binary', maxLength }),
    fc.string({ unit: 'binary-ascii', maxLength }),
    fc.string({ unit: 'grapheme', maxLength }),
  );
}

/** A value to write, and the one that must be read for it. */
export interface WrittenValue {
  written: WritableValue;
  read: Value;
}

/** What an integer of this size is read as. */
export function exact(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

export function writtenValues(): Arbitrary<WrittenValue> {
  const same = (value: Value & WritableValue): WrittenValue => ({ written: value, read: value });
  const integer = (tag: (value: bigint) => WritableValue) => (value: bigint) => ({
    written: tag(value),
    read: exact(value),
  });
  const bytes = fc.uint8Array({ maxLength: 300 });
  return fc.oneof(
    fc.constantFrom(null, true, false).map(same),
    fc.maxSafeInteger().map((value) => same(value === 0 ? 0 : value)),
    signedIntegers(64).map(integer((value) => value)),
    unsignedIntegers(64).map(integer((value) => value)),
    signedIntegers(32).map(integer(int32)),
    unsignedIntegers(32).map(integer(uint32)),
    signedIntegers(64).map(integer(int64)),
    unsignedIntegers(64).map(integer(uint64)),
    addresses().map(same),
    texts().map(same),
    texts().map((text) => ({ written: bin(text), read: Buffer.from(text) })),
    texts().map((text) => ({ written: str(Buffer.from(text)), read: text })),
    bytes.map((value) => ({ written: value, read: Buffer.from(value) })),
  );
}

export function writableValues(): Arbitrary<WritableValue> {
  return writtenValues().map(({ written }) => written);
}

export interface WrittenMessage {
  name: string;
  args: [name: string, value: WrittenValue][];
}

export function writtenMessages(): Arbitrary<WrittenMessage[]> {
  const name = fc.oneof(fc.constantFrom('', 'ip', 'check-client-ip'), texts(20));
  const args = fc.array(fc.tuple(name, writtenValues()), { maxLength: 12, size: 'max' });
  return fc.array(fc.record({ name, args }), { maxLength: 4, size: 'max' });
}

export function asWritableMessages(messages: readonly WrittenMessage[]): WritableMessage[] {
  return messages.map(({ name, args }) => ({ name, args: args.map(([key, { written }]) => [key, written] as const) }));
}

export function ids(): Arbitrary<{ streamId: number; frameId: number }> {
  const id = fc.oneof(fc.nat({ max: 300 }), fc.maxSafeNat());
  return fc.record({ streamId: id, frameId: id });
}

const variableName = fc.stringMatching(/^[A-Za-z0-9_.]{1,56}$/);

/** An action to write, and the value that must be read for it. */
export interface WrittenAction {
  action: WritableAction;
  read: Value | undefined;
}

export function writtenActions(): Arbitrary<WrittenAction[]> {
  const scope: Arbitrary<Scope> = fc.constantFrom(...SCOPES);
  return fc.array(
    fc.oneof(
      fc.tuple(scope, variableName, writtenValues()).map(([where, name, { written, read }]): WrittenAction => {
        return { action: { type: 'set-var', scope: where, name, value: written }, read };
      }),
      fc.tuple(scope, variableName).map(([where, name]): WrittenAction => {
        return { action: { type: 'unset-var', scope: where, name }, read: undefined };
      }),
    ),
    { maxLength: 8, size: 'max' },
  );
}

const maxFrameSize = unsignedIntegers(32).map(Number);
const item = fc.stringMatching(/^[a-z0-9.-]{1,12}$/);
const version = fc.tuple(fc.nat({ max: 99 }), fc.nat({ max: 99 })).map(([major, minor]) => `${major}.${minor}`);

export function haproxyHellos(): Arbitrary<HaproxyHello> {
  return fc.record(
    {
      supportedVersions: fc.array(version, { maxLength: 4 }),
      maxFrameSize,
      capabilities: fc.array(item, { maxLength: 4 }),
      healthcheck: fc.constant(true),
      engineId: texts(60),
    },
    { requiredKeys: ['supportedVersions', 'maxFrameSize', 'capabilities'] },
  );
}

export function agentHellos(): Arbitrary<AgentHello> {
  return fc.record({ version, maxFrameSize, capabilities: fc.array(item, { maxLength: 4 }) });
}

export function disconnects(): Arbitrary<Disconnect> {
  const message = texts(100).filter((text) => Buffer.byteLength(text) <= 255);
  return fc.record({ statusCode: unsignedIntegers(32).map(Number), message });
}

export function frames(): Arbitrary<Frame> {
  const header = fc.record({ type: fc.nat({ max: 255 }), flags: unsignedIntegers(32).map(Number) });
  const payload = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes));
  return fc.tuple(header, ids(), payload).map(([head, both, bytes]) => ({ ...head, ...both, payload: bytes }));
}
