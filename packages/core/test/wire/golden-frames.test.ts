import { describe, expect, test } from 'vitest';
import {
  type AgentHello,
  type Capability,
  type Disconnect,
  decodeActions,
  decodeAgentHello,
  decodeDisconnect,
  decodeFrame,
  decodeHaproxyHello,
  decodeMessages,
  encodeAck,
  encodeAgentDisconnect,
  encodeAgentHello,
  encodeFrame,
  encodeHaproxyDisconnect,
  encodeHaproxyHello,
  encodeNotify,
  encodeNotifyAbort,
  type Frame,
  FrameSplitter,
  FrameType,
  type HaproxyHello,
  type Scope,
} from '../../src/index.ts';
import vectors from '../vectors/frames.json' with { type: 'json' };
import { bytesOf, readable, typeName, type VectorValue, writable } from '../vectors/vector-values.ts';
import { expectSpoaError } from './expect-spoa-error.ts';

/** A frame of frames.json: what it means stands under one of the last names. */
interface FrameVector {
  what: string;
  hex: string[];
  header: Omit<Frame, 'payload'>;
  haproxyHello?: HaproxyHello;
  agentHello?: AgentHello;
  disconnect?: Disconnect;
  messages?: { name: string; args: [name: string, value: VectorValue][] }[];
  actions?: { type: string; scope: Scope; name: string; value?: VectorValue }[];
  fragment?: string;
  abort?: true;
}

const frames = vectors.frames as unknown as FrameVector[];

/** What the payload means to the decoder of its kind. */
function decoded(vector: FrameVector, payload: Buffer): unknown {
  if (vector.haproxyHello !== undefined) return decodeHaproxyHello(payload);
  if (vector.agentHello !== undefined) return decodeAgentHello(payload);
  if (vector.disconnect !== undefined) return decodeDisconnect(payload);
  if (vector.messages !== undefined) return [...decodeMessages(payload)].map((message) => [message.name, ...message]);
  if (vector.actions !== undefined) return decodeActions(payload);
  if (vector.fragment !== undefined) return payload.toString('hex');
  return payload.length === 0 && vector.abort;
}

function expected(vector: FrameVector): unknown {
  const { messages, actions } = vector;
  if (messages !== undefined) {
    return messages.map(({ name, args }) => [
      name,
      ...args.map(([key, value]) => ({ name: key, type: typeName(value), value: readable(value) })),
    ]);
  }
  if (actions !== undefined) {
    return actions.map(({ value, ...action }) =>
      value === undefined ? action : { ...action, value: readable(value) },
    );
  }
  return vector.haproxyHello ?? vector.agentHello ?? vector.disconnect ?? vector.fragment ?? vector.abort;
}

/** The bytes that the encoder of its kind makes of the meaning alone. */
function encoded(vector: FrameVector): Buffer {
  const { header, haproxyHello, agentHello, disconnect, messages, actions, fragment } = vector;
  if (haproxyHello !== undefined) return encodeHaproxyHello(haproxyHello);
  if (agentHello !== undefined) return encodeAgentHello(agentHello as { capabilities: Capability[] } & AgentHello);
  if (disconnect !== undefined) {
    const encode = header.type === FrameType.AGENT_DISCONNECT ? encodeAgentDisconnect : encodeHaproxyDisconnect;
    return encode(disconnect);
  }
  if (messages !== undefined) {
    const list = messages.map(({ name, args }) => {
      return { name, args: args.map(([key, value]) => [key, writable(value)] as const) };
    });
    return Buffer.concat(encodeNotify(header, list));
  }
  if (actions !== undefined) {
    return encodeAck(
      header,
      actions.map(({ scope, name, value }) =>
        value === undefined
          ? ({ type: 'unset-var', scope, name } as const)
          : ({ type: 'set-var', scope, name, value: writable(value) } as const),
      ),
    );
  }
  if (fragment !== undefined) return encodeFrame({ ...header, payload: bytesOf(fragment) });
  return encodeNotifyAbort(header);
}

describe.each(frames)('$what', (vector) => {
  const bytes = bytesOf(vector.hex);

  test('is read', () => {
    const { payload, ...header } = decodeFrame(bytes);
    expect(header).toEqual(vector.header);
    expect(decoded(vector, payload)).toEqual(expected(vector));
  });

  test('is written, byte for byte', () => {
    expect(encoded(vector).toString('hex')).toBe(bytes.toString('hex'));
    const { payload } = decodeFrame(bytes);
    expect(encodeFrame({ ...vector.header, payload })).toEqual(bytes);
  });

  test('comes whole out of a stream that brings it byte by byte', () => {
    const splitter = new FrameSplitter(bytes.length - 4, (type) => type === vector.header.type);
    for (const [i, byte] of bytes.entries()) {
      splitter.feed(Buffer.of(byte));
      expect(splitter.next()).toBe(i === bytes.length - 1);
    }
    expect(splitter.bytes.subarray(splitter.start, splitter.end)).toEqual(bytes.subarray(4));
  });

  test('is SPOA_TRUNCATED without its last byte', () => {
    expectSpoaError('SPOA_TRUNCATED', () => decodeFrame(bytes.subarray(0, -1)));
  });
});

test('the vectors hold every type of frame', () => {
  const types = new Set(frames.map(({ header }) => header.type));
  expect([...types].sort((a, b) => a - b)).toEqual(Object.values(FrameType).sort((a, b) => a - b));
});
