import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  encodeAgentDisconnect,
  encodeAgentHello,
  encodeTypedData,
  encodeVarint,
  FrameType,
  type HealthcheckOptions,
  healthcheck,
  type SpoaErrorCode,
  uint32,
  type WritableValue,
} from '../../src/index.ts';
import { frame, MEETINGS, overTcp, pair, type ScriptedAgent } from './support/scripted-agent.ts';
import { rejection } from './support/until.ts';

const GOOD = encodeAgentHello({ version: '2.0', maxFrameSize: 16380, capabilities: [] });

function item(name: string, value: WritableValue): Buffer {
  return Buffer.concat([encodeVarint(name.length), Buffer.from(name), encodeTypedData(value)]);
}

const VERSION = item('version', '2.0');
const SIZE = item('max-frame-size', uint32(16380));
const CAPABILITIES = item('capabilities', '');

async function check(
  answer: Uint8Array,
  options: HealthcheckOptions = { lingerMs: 20 },
): Promise<{ result: ReturnType<typeof healthcheck>; agent: ScriptedAgent }> {
  const { target, agent } = pair();
  const result = healthcheck(target, options);
  result.catch(() => undefined);
  await agent.takes(FrameType.HAPROXY_HELLO);
  agent.send(answer);
  return { result, agent };
}

describe.each(MEETINGS)('over %s', (_, meeting) => {
  it('a health check sends the bytes of HAProxy 3.1 and newer, and takes the answer', async () => {
    const { target, agent: coming } = await meeting();
    const result = healthcheck(target);
    const agent = await coming;
    await agent.takes(FrameType.HAPROXY_HELLO);
    // PROTOCOL 1.8: the constant of tcpcheck.c.
    expect(agent.received.toString('hex')).toBe(
      `0000004e 01 00000001 00 00 12 737570706f727465642d76657273696f6e73 08 03 322e30
       0e 6d61782d6672616d652d73697a65 03 fcf006 0c 6361706162696c6974696573 08 00 0b 6865616c7468636865636b 11`.replaceAll(
        /\s/g,
        '',
      ),
    );
    agent.duplex.end(GOOD);
    expect(await result).toEqual({ version: '2.0', maxFrameSize: 16380, capabilities: [], closedByAgent: true });
  });
});

describe('an agent', () => {
  it('may be silent after its answer: the check closes', async () => {
    const { result, agent } = await check(GOOD);
    expect(await result).toMatchObject({ closedByAgent: false });
    await agent.end();
  });

  it('is not watched at all where nobody wants it', async () => {
    const { result } = await check(GOOD, { lingerMs: 0 });
    expect(await result).toMatchObject({ closedByAgent: false });
  });

  it('may answer byte by byte', async () => {
    const { result, agent } = await check(GOOD.subarray(0, 1));
    for (const byte of GOOD.subarray(1)) {
      await new Promise(setImmediate);
      agent.send(Buffer.from([byte]));
    }
    expect(await result).toMatchObject({ version: '2.0' });
  });

  it('may reset the connection after its answer', async () => {
    const { target, agent: coming } = await overTcp();
    const result = healthcheck(target);
    const agent = await coming;
    await agent.takes(FrameType.HAPROXY_HELLO);
    agent.duplex.write(GOOD, () => (agent.duplex as Socket).resetAndDestroy());
    expect(await result).toMatchObject({ version: '2.0', closedByAgent: true });
  });

  it('may announce what it likes', async () => {
    const { result } = await check(
      encodeAgentHello({ version: '2.0', maxFrameSize: 256, capabilities: ['pipelining'] }),
    );
    expect(await result).toMatchObject({ maxFrameSize: 256, capabilities: ['pipelining'] });
  });

  it('may use a name that begins like a known one: health checks compare whole names', async () => {
    const items = [VERSION, SIZE, CAPABILITIES, item('versions-foo', '9.9')];
    const { result } = await check(frame(FrameType.AGENT_HELLO, Buffer.concat(items)));
    expect(await result).toMatchObject({ version: '2.0' });
  });
});

describe('a health check fails', () => {
  const hello = (...items: Buffer[]) => frame(FrameType.AGENT_HELLO, Buffer.concat(items));

  it.each<[string, Uint8Array, SpoaErrorCode]>([
    ['without version', hello(SIZE, CAPABILITIES), 'SPOA_VERSION_MISSING'],
    ['with version 1.0', hello(item('version', '1.0'), SIZE, CAPABILITIES), 'SPOA_VERSION_UNSUPPORTED'],
    ['without max-frame-size', hello(VERSION, CAPABILITIES), 'SPOA_MAX_FRAME_SIZE_MISSING'],
    [
      'with a max-frame-size of 255',
      hello(VERSION, item('max-frame-size', uint32(255)), CAPABILITIES),
      'SPOA_MAX_FRAME_SIZE_INVALID',
    ],
    [
      'with a max-frame-size of 16381',
      hello(VERSION, item('max-frame-size', uint32(16381)), CAPABILITIES),
      'SPOA_MAX_FRAME_SIZE_INVALID',
    ],
    ['without capabilities', hello(VERSION, SIZE), 'SPOA_CAPABILITIES_MISSING'],
    ['with an empty frame', frame(FrameType.AGENT_HELLO), 'SPOA_VERSION_MISSING'],
    ['with other FLAGS than 1', frame(FrameType.AGENT_HELLO, GOOD.subarray(11), { flags: 5 }), 'SPOA_FRAME_INVALID'],
    ['without FIN', frame(FrameType.AGENT_HELLO, GOOD.subarray(11), { flags: 0 }), 'SPOA_FRAME_INVALID'],
    ['with a stream-id', frame(FrameType.AGENT_HELLO, GOOD.subarray(11), { streamId: 1 }), 'SPOA_FRAME_INVALID'],
    ['with a frame-id', frame(FrameType.AGENT_HELLO, GOOD.subarray(11), { frameId: 1 }), 'SPOA_FRAME_INVALID'],
    ['on an ACK', frame(FrameType.ACK), 'SPOA_FRAME_UNEXPECTED'],
    ['on HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'SPOA_NOT_SPOP'],
    ['on a frame that is too big', Buffer.from('00003ffd65000000010000', 'hex'), 'SPOA_FRAME_TOO_BIG'],
    ['on a frame of length 3', Buffer.from('0000000365000000010000', 'hex'), 'SPOA_FRAME_INVALID'],
    ['on AGENT-DISCONNECT', encodeAgentDisconnect({ statusCode: 13, message: 'busy' }), 'SPOA_DISCONNECTED'],
    [
      'on an AGENT-DISCONNECT that cannot be read',
      frame(FrameType.AGENT_DISCONNECT, Buffer.from([4])),
      'SPOA_TRUNCATED',
    ],
    [
      'where AGENT-DISCONNECT follows in the same write',
      Buffer.concat([GOOD, encodeAgentDisconnect({ statusCode: 0, message: '' })]),
      'SPOA_FRAME_UNEXPECTED',
    ],
    ['where a single byte follows', Buffer.concat([GOOD, Buffer.alloc(1)]), 'SPOA_FRAME_UNEXPECTED'],
  ])('%s', async (_, answer, code) => {
    const { result, agent } = await check(answer);
    await rejection(code, result);
    await agent.end();
  });

  it('where AGENT-DISCONNECT follows in a write of its own', async () => {
    const { result, agent } = await check(GOOD, { lingerMs: 5000 });
    await new Promise(setImmediate);
    agent.disconnect();
    await rejection('SPOA_FRAME_UNEXPECTED', result);
  });

  it.each([
    ['before it answers', Buffer.alloc(0), 'SPOA_DISCONNECTED'],
    ['in the middle of its answer', GOOD.subarray(0, 30), 'SPOA_TRUNCATED'],
  ] as const)('where the agent closes %s', async (_, answer, code) => {
    const { result, agent } = await check(answer);
    agent.duplex.end();
    await rejection(code, result);
  });

  it('where the agent does not answer in time', async () => {
    const { result, agent } = await check(GOOD.subarray(0, 30), { timeoutMs: 20 });
    await rejection('SPOA_HELLO_TIMEOUT', result);
    await agent.end();
  });

  it('where nobody listens', async () => {
    await rejection('SPOA_DISCONNECTED', healthcheck({ path: '/nonexistent/agent.sock' }));
  });

  it.each([{ timeoutMs: -1 }, { lingerMs: 0.5 }])('on options out of their range: %o', async (options) => {
    await rejection('SPOA_VALUE_OUT_OF_RANGE', healthcheck(pair().target, options));
  });

  it('never for want of time where there is no limit', async () => {
    const { result } = await check(GOOD, { timeoutMs: 0 });
    expect(await result).toMatchObject({ version: '2.0' });
  });
});
