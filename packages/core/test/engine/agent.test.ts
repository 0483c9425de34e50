import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type Agent,
  type AgentOptions,
  connectEngine,
  createAgent,
  type Engine,
  type EngineOptions,
  type EngineTarget,
  encodeMessages,
  type Handler,
  healthcheck,
  IpAddress,
  ipv4,
  ipv6,
} from '../../src/index.ts';
import { rejection, until } from './support/until.ts';

/*
 * Engine and agent of this package with each other: the strict engine finds no fault with the agent, whatever it is asked.
 */

function start(handler: Handler, options: AgentOptions = {}): Agent {
  const agent = createAgent(handler, options);
  onTestFinished(() => agent.close({ timeoutMs: 0, quietMs: 0 }));
  return agent;
}

/** The ways to an agent. */
const TARGETS: readonly (readonly [name: string, reach: (agent: Agent) => Promise<EngineTarget>])[] = [
  [
    'TCP',
    async (agent) => {
      const address = await agent.listen({ port: 0 });
      return 'port' in address ? { port: address.port } : address;
    },
  ],
  [
    'a unix socket',
    async (agent) => {
      const folder = mkdtempSync(join(tmpdir(), 'spoa-'));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const path = join(folder, 'agent.sock');
      await agent.listen({ path });
      return { path };
    },
  ],
  [
    'a pair of streams',
    async (agent) => {
      const [duplex, other] = duplexPair();
      agent.handleConnection(other);
      return { duplex };
    },
  ],
];

/** The reputation service of the specification's example. */
const reputation: Handler = (notify) => {
  const ip = notify.messages.get('get-ip-reputation')?.get('ip');
  if (ip instanceof IpAddress) notify.setVar('session', 'ip_score', ip.family === 4 ? 80 : 20);
};

function ask(engine: Engine, address: string) {
  return engine.notify([
    { name: 'get-ip-reputation', args: [['ip', address.includes(':') ? ipv6(address) : ipv4(address)]] },
  ]);
}

describe.each(TARGETS)('over %s', (_, reach) => {
  async function open(handler: Handler, options: EngineOptions = {}, agentOptions: AgentOptions = {}): Promise<Engine> {
    const engine = await connectEngine(await reach(start(handler, agentOptions)), options);
    onTestFinished(() => engine.destroy());
    return engine;
  }

  it('questions are answered, and goodbye is said', async () => {
    const engine = await open(reputation);
    const [v4, v6, other] = await Promise.all([
      ask(engine, '192.0.2.1'),
      ask(engine, '2001:db8::1'),
      engine.notify([]),
    ]);
    expect([v4, v6, other].map((ack) => ack.get('session', 'ip_score'))).toEqual([80, 20, undefined]);
    expect(engine).toMatchObject({ window: 20, maxFrameSize: 16380, capabilities: ['pipelining'] });
    expect(await engine.disconnect()).toMatchObject({ statusCode: 0 });
    expect(engine.violations).toEqual([]);
  });

  it('answers come as the handlers get done', async () => {
    const waiting: (() => void)[] = [];
    const engine = await open(async (notify) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      notify.setVar('transaction', 'stream', notify.streamId);
    });
    const order: number[] = [];
    const answers = Array.from({ length: 50 }, () =>
      engine.notify([]).then((ack) => {
        order.push(ack.streamId);
        expect(ack.get('transaction', 'stream')).toBe(ack.streamId);
      }),
    );
    await until('a full window', () => waiting.length === 20);
    expect(engine).toMatchObject({ inFlight: 20, queued: 30 });
    waiting.pop()?.();
    await until('one more', () => waiting.length === 20);
    expect(order).toEqual([39]);
    while (order.length < 50) {
      for (const done of waiting.splice(0)) done();
      await new Promise(setImmediate);
    }
    await Promise.all(answers);
    expect(engine.violations).toEqual([]);
  });

  it('fragments come together in the older era', async () => {
    const engine = await open(
      (notify) => notify.setVar('request', 'length', String(notify.messages.at(0)?.get('body')).length),
      { capabilities: ['pipelining', 'async'], maxFrameSize: 256 },
    );
    expect(engine.capabilities).toEqual(['pipelining', 'fragmentation']);
    const answers = [1, 248, 249, 1000, 100_000].map((length) =>
      engine.notify([{ name: 'waf', args: [['body', 'x'.repeat(length)]] }]),
    );
    const lengths = (await Promise.all(answers)).map((ack) => ack.get('request', 'length'));
    expect(lengths).toEqual([1, 248, 249, 1000, 100_000]);
    expect(engine.violations).toEqual([]);
  });

  it('a NOTIFY that is given up in the middle leaves no trace', async () => {
    const engine = await open((notify) => notify.setVar('request', 'seen', notify.streamId), {
      capabilities: ['pipelining', 'async'],
      maxFrameSize: 256,
    });
    const held = engine.notify(Buffer.alloc(2000), { streamId: 2, holdAfter: 3 });
    engine.abort({ streamId: 2 });
    await expect(held).rejects.toMatchObject({ name: 'AbortError' });
    expect((await engine.notify([], { streamId: 4 })).get('request', 'seen')).toBe(4);
    expect(engine).toMatchObject({ violations: [], lateAcks: 0 });
  });

  it('a NOTIFY that is too big even in fragments is given up by the agent', async () => {
    const engine = await open(
      () => undefined,
      { capabilities: ['pipelining', 'async'], maxFrameSize: 256 },
      { maxNotifySize: 1000 },
    );
    expect(await engine.notify(Buffer.alloc(2000), { holdAfter: 6 })).toMatchObject({ aborted: true });
    expect(await engine.notify(Buffer.alloc(2000))).toMatchObject({ aborted: true });
    expect((await engine.notify([])).aborted).toBe(false);
    expect(engine.violations).toEqual([]);
  });

  it('bytes one by one are as good as a frame', async () => {
    const engine = await open(reputation);
    const ack = await engine.notify(
      encodeMessages([{ name: 'get-ip-reputation', args: [['ip', ipv4('192.0.2.1')]] }]),
      { pieceBytes: 1 },
    );
    expect(ack.get('session', 'ip_score')).toBe(80);
  });

  it('nonsense is answered by AGENT-DISCONNECT', async () => {
    const engine = await open(reputation);
    await engine.sendRaw(Buffer.from('00000007' + '03' + '00000001' + 'ff', 'hex'));
    await engine.sendRaw(Buffer.from('ff', 'hex'));
    const { disconnect } = await engine.closed;
    expect(disconnect?.statusCode).toBe(4);
    expect(engine.violations).toEqual([]);
  });

  it('a health check passes', async () => {
    const result = await healthcheck(await reach(start(reputation)));
    expect(result).toEqual({ version: '2.0', maxFrameSize: 16380, capabilities: [], closedByAgent: true });
  });

  it('a version that the agent does not speak is refused by its status', async () => {
    const target = await reach(start(reputation));
    const error = await rejection('SPOA_DISCONNECTED', connectEngine(target, { supportedVersions: ['1.0'] }));
    expect(error.facts).toMatchObject({ statusCode: 8 });
  });

  it('a max-frame-size below 256 is refused by its status', async () => {
    const target = await reach(start(reputation));
    const error = await rejection('SPOA_DISCONNECTED', connectEngine(target, { maxFrameSize: 255 }));
    expect(error.facts).toMatchObject({ statusCode: 9 });
  });

  it('what is in flight when the agent closes is answered first', async () => {
    const agent = start(async (notify) => {
      await new Promise(setImmediate);
      notify.setVar('session', 'done', true);
    });
    const engine = await connectEngine(await reach(agent));
    const answers = Array.from({ length: 20 }, () => engine.notify([]));
    await until('the window to be full', () => engine.inFlight === 20);
    const [, ...acks] = await Promise.all([agent.close({ quietMs: 5 }), ...answers]);
    expect(acks.map((ack) => ack.get('session', 'done'))).toEqual(new Array(20).fill(true));
    expect(await engine.closed).toMatchObject({ disconnect: { statusCode: 0 } });
    expect(engine.violations).toEqual([]);
  });
});

it('100000 NOTIFYs are answered', async () => {
  const agent = start((notify) => notify.setVar('transaction', 'n', notify.streamId));
  await agent.listen({ port: 0 });
  const engine = await connectEngine(agent.addresses[0] as { port: number }, { timeoutMs: 0 });
  onTestFinished(() => engine.destroy());
  let sum = 0;
  const answers = Array.from({ length: 100_000 }, () =>
    engine.notify([]).then((ack) => {
      sum += ack.get('transaction', 'n') as number;
    }),
  );
  await Promise.all(answers);
  // 1 + 3 + 5 + ... of n odd numbers is the square of n.
  expect(sum).toBe(100_000 ** 2);
  expect(engine).toMatchObject({ inFlight: 0, queued: 0, lateAcks: 0, duplicateAcks: 0, violations: [] });
});
