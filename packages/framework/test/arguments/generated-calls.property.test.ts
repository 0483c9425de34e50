import {
  bin,
  createAgent,
  encodeMessages,
  IpAddress,
  int64,
  type NotifyContext,
  str,
  uint64,
  type WritableMessage,
  type WritableValue,
} from '@spoa/core';
import fc, { type Arbitrary } from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { ArgumentTypeName } from '../../src/arguments/argument-type.ts';
import { type Call, callWithBindings } from '../../src/arguments/call-handler.ts';
import { generateCall } from '../../src/arguments/generate-call.ts';
import type { Parameter } from '../../src/arguments/parameter.ts';
import { connect } from '../support/test-application.ts';

/** Names that share keys (length, first byte, last byte), hostile ones, and one that is too long to be generated. */
const NAMES = [
  ...['', 'a', 'ab', 'axb', 'ayb', 'axyb', 'ayxb', 'ip', 'src-port', 'ë', 'éë', '__proto__', 'constructor'],
  ...["'", '`', '${', '*/', '\n', '\u2028', '\\', 'a\0b', 'n'.repeat(64), 'n'.repeat(65)],
  // Its key is that of `axb`.
  `ax${'y'.repeat(0x8000)}b`,
];

const TYPES: readonly (ArgumentTypeName | undefined)[] = [
  ...(['string', 'latin1', 'number', 'bigint', 'boolean', 'ip', 'buffer', 'view', 'any'] as const),
  undefined,
];

function names(): Arbitrary<string> {
  return fc.constantFrom(...NAMES);
}

/** Around every length and every integer at which another byte is needed. */
function values(): Arbitrary<WritableValue> {
  const lengths = fc.constantFrom(0, 1, 2, 31, 32, 33, 127, 128, 239, 240, 241, 2287, 2288, 2289, 5000);
  const units = fc.constantFrom('a', 'b', '\x7f', '\x80', 'é', '€', '😀');
  const text = fc.tuple(lengths, units).map(([length, unit]) => unit.repeat(length));
  const integer = fc.constantFrom(
    ...[0, 1, 239, 240, 2287, 2288, 264_431, 264_432, 2 ** 31, -1, -(2 ** 31), Number.MAX_SAFE_INTEGER].map(int64),
    ...[2n ** 53n, 2n ** 64n - 1n].map(uint64),
    int64(-(2n ** 63n)),
  );
  const ip = fc.constantFrom('0.0.0.0', '10.0.0.1', '255.255.255.255', '::', '2001:db8::1');
  return fc.oneof(
    fc.constantFrom(null, true, false),
    integer,
    text,
    text.map(bin),
    fc.uint8Array({ maxLength: 300 }).map(str),
    ip.map((address) => IpAddress.parse(address) as IpAddress),
  );
}

function parameters(): Arbitrary<Parameter[]> {
  const argument = fc.record({
    kind: fc.constant('arg' as const),
    name: fc.oneof({ weight: 8, arbitrary: names() }, fc.nat({ max: 4 })),
    type: fc.constantFrom(...TYPES),
    optional: fc.constantFrom(undefined, true, false),
    default: fc.constantFrom(undefined, undefined, 'fallback', 0, null),
  });
  const part = fc.constantFrom('context', 'engineId', 'streamId', 'frameId').map((kind) => ({ kind }) as Parameter);
  const one = fc.oneof({ weight: 8, arbitrary: argument }, part) as Arbitrary<Parameter>;
  return fc.array(one, { maxLength: 16, size: 'max' });
}

/** Messages whose order stays and changes, with arguments that others lack, repeat or have as another type. */
function messages(wanted: readonly Parameter[]): Arbitrary<WritableMessage[]> {
  const own = wanted.flatMap((one) => (one.kind === 'arg' && typeof one.name === 'string' ? [one.name] : []));
  const some = own.length === 0 ? names() : fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...own) }, names());
  const order = fc.oneof(fc.shuffledSubarray([...own], { minLength: own.length }), fc.array(some, { maxLength: 20 }));
  const inOrder = order.chain((all) => {
    const args = fc.tuple(...all.map((name) => fc.tuple(fc.constant(name), values())));
    return fc.array(
      args.map((sent) => ({ name: 'm', args: sent })),
      { minLength: 1, maxLength: 3 },
    );
  });
  return fc.array(inOrder, { minLength: 1, maxLength: 4 }).map((parts) => parts.flat());
}

/** What a call did: the values that the handler got, or the error. Views are copied while they are there. */
function outcome(call: Call, notify: NotifyContext, message: number): unknown {
  try {
    return call(notify, message);
  } catch (error) {
    const { name, message: text, code, facts } = error as Error & { code?: string; facts?: object };
    return { name, text, code, facts };
  }
}

const keep = (...all: unknown[]): unknown[] => all.map((one) => (one instanceof Uint8Array ? Buffer.from(one) : one));

test('a generated call does what bindings do, whatever comes in whatever order', async () => {
  let calls: Call[] = [];
  let outcomes: unknown[][] = [];
  const agent = createAgent((notify) => {
    for (let i = 0; i < notify.index.messageCount; i++) outcomes.push(calls.map((call) => outcome(call, notify, i)));
  });
  onTestFinished(() => agent.close({ timeoutMs: 0, quietMs: 0 }));
  const { engine } = await connect(agent, { maxFrameSize: 1 << 20 });
  const cases = parameters().chain((wanted) => fc.tuple(fc.constant(wanted), messages(wanted)));
  await fc.assert(
    fc.asyncProperty(cases, fc.boolean(), async ([wanted, sent], together) => {
      calls = [generateCall(keep, wanted), callWithBindings(keep, wanted)];
      outcomes = [];
      fc.pre(encodeMessages(sent).length < 1 << 19);
      if (together) await engine.notify(sent);
      else for (const message of sent) await engine.notify([message]);
      expect(outcomes).toHaveLength(sent.length);
      for (const [generated, bound] of outcomes) expect(generated).toEqual(bound);
    }),
    { numRuns: 600 },
  );
});
