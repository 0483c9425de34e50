import { describe, expect, it } from 'vitest';
import {
  type Engine,
  encodeAck,
  encodeAgentHello,
  encodeNotify,
  FrameType,
  type SpoaErrorCode,
  type WritableMessage,
} from '../../src/index.ts';
import { AGENT_HELLO, frame, MEETINGS, meet, type ScriptedAgent } from './support/scripted-agent.ts';
import { rejection, until } from './support/until.ts';

const PING: WritableMessage[] = [{ name: 'ping', args: [] }];
const ACK = encodeAck({ streamId: 1, frameId: 1 }, []);

function ack(header: { streamId?: number; frameId?: number; flags?: number }): Buffer {
  return frame(FrameType.ACK, Buffer.alloc(0), { streamId: 1, frameId: 1, ...header });
}

/** What an agent must not send while stream 1 is in flight, and how the engine calls it. */
const FAULTS: [name: string, bytes: Uint8Array, code: SpoaErrorCode, status: number][] = [
  ['an ACK for a stream-id that is to come', ack({ streamId: 5 }), 'SPOA_FRAME_INVALID', 4],
  ['an ACK for a stream-id that was left out', ack({ streamId: 2 }), 'SPOA_FRAME_INVALID', 4],
  ['an ACK for a larger frame-id', ack({ frameId: 2 }), 'SPOA_FRAME_INVALID', 4],
  ['an ACK for stream-id 0', ack({ streamId: 0 }), 'SPOA_FRAME_INVALID', 4],
  ['an ACK for frame-id 0', ack({ frameId: 0 }), 'SPOA_FRAME_INVALID', 4],
  ['an ACK without FIN', ack({ flags: 0 }), 'SPOA_FRAGMENTATION_UNSUPPORTED', 10],
  ['an ACK with ABORT alone', ack({ flags: 2 }), 'SPOA_FRAGMENTATION_UNSUPPORTED', 10],
  ['a second AGENT-HELLO', encodeAgentHello(AGENT_HELLO), 'SPOA_FRAME_UNEXPECTED', 4],
  ['a frame of an unknown type', frame(42, Buffer.alloc(0), { streamId: 1, frameId: 1 }), 'SPOA_FRAME_UNEXPECTED', 4],
  ['a NOTIFY', encodeNotify({ streamId: 1, frameId: 1 }, PING)[0] as Buffer, 'SPOA_FRAME_UNEXPECTED', 4],
  ['HAPROXY-DISCONNECT', frame(FrameType.HAPROXY_DISCONNECT), 'SPOA_FRAME_UNEXPECTED', 4],
  [
    'AGENT-DISCONNECT with ids',
    frame(FrameType.AGENT_DISCONNECT, Buffer.alloc(0), { streamId: 1, frameId: 1 }),
    'SPOA_FRAME_INVALID',
    4,
  ],
  [
    'AGENT-DISCONNECT without FIN',
    frame(FrameType.AGENT_DISCONNECT, Buffer.alloc(0), { flags: 0 }),
    'SPOA_FRAGMENTATION_UNSUPPORTED',
    10,
  ],
  ['AGENT-DISCONNECT that cannot be read', frame(FrameType.AGENT_DISCONNECT, Buffer.from([5])), 'SPOA_TRUNCATED', 4],
];

/** What makes no frame at all. */
const BROKEN: typeof FAULTS = [
  ['a frame of length 6', Buffer.from('00000006670000000101', 'hex'), 'SPOA_FRAME_INVALID', 4],
  ['a frame of length 0', Buffer.from('0000000067', 'hex'), 'SPOA_FRAME_INVALID', 4],
  ['a frame of length 2^32-1', Buffer.from('ffffffff67', 'hex'), 'SPOA_FRAME_TOO_BIG', 3],
  [
    'a frame larger than was agreed',
    frame(FrameType.ACK, Buffer.alloc(1018), { streamId: 1, frameId: 1 }),
    'SPOA_FRAME_TOO_BIG',
    3,
  ],
  [
    'an id beyond 2^53-1',
    Buffer.from('00000010' + '67' + '00000001' + 'fff0fefefefefefefe0e' + '01', 'hex'),
    'SPOA_FRAME_INVALID',
    4,
  ],
];

async function inFlight(options: Parameters<typeof meet>[0] = {}): Promise<{
  engine: Engine;
  agent: ScriptedAgent;
  answer: Promise<unknown>;
}> {
  const { engine, agent } = await meet(options, { maxFrameSize: 1024 });
  const answer = engine.notify(PING);
  answer.catch(() => undefined);
  await agent.takes(FrameType.NOTIFY);
  return { engine, agent, answer };
}

describe.each([...FAULTS, ...BROKEN])('%s', (_, bytes, code, status) => {
  it('ends the connection without a word, as in HAProxy 3.1 and newer', async () => {
    const { engine, agent, answer } = await inFlight();
    const another = rejection('SPOA_DISCONNECTED', engine.notify(PING));
    await agent.takes(FrameType.NOTIFY);
    agent.send(bytes);
    const error = await rejection('SPOA_DISCONNECTED', answer);
    await another;
    const end = await engine.closed;
    expect(end.disconnect).toBeUndefined();
    expect(end.error).toMatchObject({ code, status });
    expect(engine.violations).toEqual([end.error]);
    expect(error.cause).toBe(end.error);
    await agent.end();
  });

  it('is answered by HAPROXY-DISCONNECT in the older era', async () => {
    const { engine, agent, answer } = await inFlight({ capabilities: ['pipelining', 'async'] });
    agent.send(bytes);
    expect(await agent.disconnected()).toMatchObject({ statusCode: status });
    await rejection('SPOA_DISCONNECTED', answer);
    expect((await engine.closed).error?.code).toBe(code);
    await agent.end();
  });
});

describe.each(FAULTS)('%s, where faults are borne', (_, bytes, code) => {
  it('is listed, and the connection lives on', async () => {
    const { engine, agent, answer } = await inFlight({ strict: false });
    agent.send(bytes, ACK);
    await answer;
    expect(engine.violations).toMatchObject([{ code }]);
    const next = engine.notify(PING);
    await agent.takes(FrameType.NOTIFY);
    agent.ack(3);
    await next;
  });
});

describe.each(BROKEN)('%s, where faults are borne', (_, bytes, code) => {
  it('ends the connection all the same', async () => {
    const { engine, agent, answer } = await inFlight({ strict: false });
    agent.send(bytes);
    await rejection('SPOA_DISCONNECTED', answer);
    expect(await engine.closed).toMatchObject({ error: { code } });
  });
});

it.each(MEETINGS)('over %s a fault ends the connection', async (_, meeting) => {
  const { engine, agent } = await meet({}, {}, meeting());
  agent.send(ack({ streamId: 3 }), ack({ streamId: 5 }));
  expect(await engine.closed).toMatchObject({
    error: { code: 'SPOA_FRAME_INVALID', facts: { streamId: 3, frameId: 1, type: 103, flags: 1 } },
  });
  // HAProxy does not look at what follows either.
  expect(engine.violations).toHaveLength(1);
  await agent.end();
});

describe('an ACK whose actions cannot be read', () => {
  it.each<[string, string, SpoaErrorCode]>([
    ['an unknown action', '0303000161' + '00', 'SPOA_FRAME_INVALID'],
    ['a wrong number of arguments', '0203000161' + '00', 'SPOA_FRAME_INVALID'],
    ['an unknown scope', '0103050161' + '00', 'SPOA_FRAME_INVALID'],
    ['a name that is cut off', '0103000561', 'SPOA_TRUNCATED'],
    ['a value that is cut off', '0103000161' + '0603', 'SPOA_TRUNCATED'],
    ['a value of a reserved type', '0103000161' + '0a', 'SPOA_TYPE_INVALID'],
    ['the stray byte of an unset-var with a value', '020200016100', 'SPOA_TRUNCATED'],
  ])('because of %s rejects its NOTIFY alone', async (_, payload, code) => {
    const { engine, agent, answer } = await inFlight();
    const next = engine.notify(PING);
    agent.send(frame(FrameType.ACK, Buffer.from(payload, 'hex'), { streamId: 1, frameId: 1 }));
    const error = await rejection(code, answer);
    expect(error.facts).toMatchObject({ streamId: 1, frameId: 1 });
    expect(engine.violations).toEqual([error]);
    await agent.takes(FrameType.NOTIFY);
    agent.ack(3);
    await next;
  });
});

describe('behind AGENT-DISCONNECT', () => {
  it('nothing may come', async () => {
    const { engine, agent, answer } = await inFlight();
    agent.send(frame(FrameType.AGENT_DISCONNECT), ACK, frame(42));
    await rejection('SPOA_DISCONNECTED', answer);
    await until('the end', () => agent.ended);
    expect(engine.violations).toMatchObject([
      { code: 'SPOA_FRAME_UNEXPECTED', facts: { type: FrameType.ACK } },
      { code: 'SPOA_FRAME_UNEXPECTED', facts: { type: 42 } },
    ]);
  });

  it('not even what is no frame', async () => {
    const { engine, agent } = await inFlight();
    agent.send(frame(FrameType.AGENT_DISCONNECT), Buffer.from('HTTP/1.1'));
    expect(await engine.closed).toEqual({ disconnect: { statusCode: 0, message: '' } });
    expect(engine.violations).toMatchObject([{ code: 'SPOA_FRAME_TOO_BIG' }]);
  });
});
