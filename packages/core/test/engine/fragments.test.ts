import { duplexPair } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  connectEngine,
  type EngineOptions,
  encodeAgentHello,
  encodeMessages,
  encodeNotify,
  FrameFlag,
  FrameType,
  Reassembly,
  type WritableMessage,
} from '../../src/index.ts';
import { AGENT_HELLO, frame, MEETINGS, type Meeting, meet, pair, ScriptedAgent } from './support/scripted-agent.ts';
import { rejection, until } from './support/until.ts';

const OLD: EngineOptions = { capabilities: ['pipelining', 'async'] };
const FRAGMENTS = { capabilities: ['pipelining', 'fragmentation'], maxFrameSize: 256 };
const PING: WritableMessage[] = [{ name: 'ping', args: [] }];

/** Messages of three bytes each, the first a little longer, whose payload has this size. */
function messagesOf(size: number): WritableMessage[] {
  return Array.from({ length: Math.floor(size / 3) }, (_, i) => ({
    name: 'm'.repeat(i === 0 ? 1 + (size % 3) : 1),
    args: [],
  }));
}

/** The old era, with an agent that takes fragments of 256 bytes. */
function meetOld(options: EngineOptions = {}, meeting?: Promise<Meeting>) {
  return meet({ ...OLD, ...options }, FRAGMENTS, meeting);
}

describe.each(MEETINGS)('over %s', (_, meeting) => {
  it('a NOTIFY of 500 bytes leaves in three frames, as written by hand', async () => {
    const { engine, agent } = await meetOld({}, meeting());
    const payload = Buffer.from(Array.from({ length: 500 }, (_, i) => i % 256));
    const answer = engine.notify(payload);
    await agent.takes(FrameType.NOTIFY);
    await agent.takes(FrameType.UNSET, 2);
    const hex = (from: number, to: number) => payload.toString('hex', from, to);
    const sent = agent.received.toString('hex', agent.received.length - 500 - 3 * 11);
    // LENGTH 256 holds 7 bytes of header and 249 of payload; 2 are left for the third.
    expect(sent).toBe(
      `00000100 03 00000000 01 01 ${hex(0, 249)} 00000100 00 00000000 01 01 ${hex(249, 498)} 00000009 00 00000001 01 01 ${hex(498, 500)}`.replaceAll(
        ' ',
        '',
      ),
    );
    agent.ack(1);
    await answer;
    expect(engine.violations).toEqual([]);
  });
});

describe('fragments', () => {
  // With these ids a frame has room for 248.
  it.each([248, 249, 496, 497, 10_000])('of %i bytes are those of encodeNotify', async (size) => {
    const { engine, agent } = await meetOld();
    const messages = messagesOf(size);
    expect(encodeMessages(messages)).toHaveLength(size);
    const before = agent.received.length;
    const answer = engine.notify(messages, { streamId: 300, frameId: 2 });
    const frames = encodeNotify({ streamId: 300, frameId: 2 }, messages, 256);
    await until('all fragments', () => agent.frames.length === 1 + frames.length);
    expect(agent.received.subarray(before).equals(Buffer.concat(frames))).toBe(true);
    agent.ack(300, [], 2);
    await answer;
  });

  it('come together again', async () => {
    const { engine, agent } = await meetOld();
    const messages = [{ name: 'waf', args: [['body', 'y'.repeat(5000)]] as const }];
    const answer = engine.notify(messages);
    const reassembly = new Reassembly(10_000);
    const [first] = await agent.takes(FrameType.NOTIFY);
    reassembly.begin(1, 1, first?.payload as Buffer);
    let whole: Buffer | undefined;
    while (whole === undefined) {
      const [next] = await agent.takes(FrameType.UNSET);
      whole = reassembly.add(1, 1, next?.payload as Buffer, ((next?.flags ?? 0) & FrameFlag.FIN) !== 0);
    }
    expect(whole.equals(encodeMessages(messages))).toBe(true);
    agent.ack(1);
    await answer;
  });

  it.each<[string, EngineOptions, string[]]>([
    ['to an agent that does not announce them', OLD, ['pipelining']],
    ['in the new era', {}, ['pipelining', 'fragmentation']],
    ['where they are switched off', { ...OLD, fragment: false }, ['pipelining', 'fragmentation']],
  ])('are not sent %s', async (_, options, capabilities) => {
    const { engine } = await meet(options, { capabilities, maxFrameSize: 256 });
    expect(engine.capabilities).not.toContain('fragmentation');
    await rejection('SPOA_FRAME_TOO_BIG', engine.notify(Buffer.alloc(250)));
  });

  it('can be switched on in the new era', async () => {
    const { engine, agent } = await meet({ fragment: true }, FRAGMENTS);
    const answer = engine.notify(Buffer.alloc(250));
    await agent.takes(FrameType.NOTIFY);
    await agent.takes(FrameType.UNSET);
    agent.ack(1);
    await answer;
  });

  it('never mix: what was called later comes later', async () => {
    const { engine, agent } = await meetOld();
    const answers = [
      engine.notify(PING),
      engine.notify(Buffer.alloc(600)),
      engine.notify(PING),
      engine.notify(Buffer.alloc(300)),
    ];
    await until('all frames', () => agent.frames.length === 8);
    const { NOTIFY, UNSET } = FrameType;
    expect(agent.frames.slice(1).map(({ type, streamId }) => [type, streamId])).toEqual([
      [NOTIFY, 1],
      [NOTIFY, 3],
      [UNSET, 3],
      [UNSET, 3],
      [NOTIFY, 5],
      [NOTIFY, 7],
      [UNSET, 7],
    ]);
    for (const streamId of [1, 3, 5, 7]) agent.ack(streamId);
    await Promise.all(answers);
  });

  it('can leave in pieces', async () => {
    const { engine, agent } = await meetOld();
    const before = agent.chunkSizes.length;
    const answers = [engine.notify(Buffer.alloc(260), { pieceBytes: 200 }), engine.notify(PING)];
    await until('all frames', () => agent.frames.length === 4);
    expect(agent.chunkSizes.slice(before)).toEqual([200, 60, 22, 17]);
    agent.ack(1);
    agent.ack(3);
    await Promise.all(answers);
  });

  it('leave behind raw bytes that leave slowly', async () => {
    const { engine, agent } = await meetOld();
    const before = agent.received.length;
    const raw = engine.sendRaw(Buffer.from('raw bytes'), { pieceBytes: 1 });
    engine.notify(Buffer.alloc(300_000)).catch(() => undefined);
    expect(await raw).toBe(true);
    await until('all of it', () => agent.received.length > before + 300_000);
    expect(agent.received.toString('latin1', before, before + 9)).toBe('raw bytes');
  });
});

it('a duplex that takes everything at once gets all fragments', async () => {
  const [duplex, other] = duplexPair({ highWaterMark: 1024 * 1024 });
  const agent = new ScriptedAgent(other);
  const { engine } = await meet(OLD, FRAGMENTS, Promise.resolve({ target: { duplex }, agent: Promise.resolve(agent) }));
  const answer = engine.notify(Buffer.alloc(300_000));
  await until('the last fragment', () => agent.frames.at(-1)?.flags === FrameFlag.FIN && agent.frames.length > 2);
  agent.ack(1);
  await answer;
});

describe('an agent that does not read', () => {
  it.each([
    ['one NOTIFY in fragments', 1, 8 * 1024 * 1024],
    ['many NOTIFYs', 1000, 8 * 1024],
  ])('does not fill the memory: %s', async (_, count, size) => {
    const [duplex, other] = duplexPair();
    const connecting = connectEngine({ duplex }, { ...OLD, window: 2000 });
    other.once('readable', () => {
      other.read();
      other.write(encodeAgentHello({ ...AGENT_HELLO, capabilities: ['pipelining', 'fragmentation'] }));
    });
    const engine = await connecting;
    onTestFinished(() => engine.destroy());
    const answers = Array.from({ length: count }, () =>
      rejection('SPOA_DISCONNECTED', engine.notify(Buffer.alloc(size))),
    );
    for (let i = 0; i < 20; i++) await new Promise(setImmediate);
    expect(duplex.writableLength).toBeLessThan(128 * 1024);
    let received = 0;
    other.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    await until('all of it', () => received >= count * size);
    engine.destroy();
    await Promise.all(answers);
  });
});

describe('a NOTIFY that is held', () => {
  it('is given up by abort: ABORT follows the fragments that were sent, then what waited', async () => {
    const { engine, agent } = await meetOld();
    const held = engine.notify(Buffer.alloc(2000), { streamId: 9, holdAfter: 2 });
    const waiting = engine.notify(PING);
    await agent.takes(FrameType.NOTIFY);
    await agent.takes(FrameType.UNSET);
    expect(engine).toMatchObject({ inFlight: 1, queued: 1 });
    engine.abort({ streamId: 9 });
    await expect(held).rejects.toMatchObject({ name: 'AbortError' });
    const [abort] = await agent.takes(FrameType.UNSET);
    expect(abort).toMatchObject({
      flags: FrameFlag.FIN | FrameFlag.ABORT,
      streamId: 9,
      frameId: 1,
      payload: Buffer.alloc(0),
    });
    expect(await agent.takes(FrameType.NOTIFY)).toMatchObject([{ streamId: 1 }]);
    agent.ack(1);
    await waiting;
    agent.ack(9);
    await until('the late ACK', () => engine.lateAcks === 1);
  });

  it.each(['a time-out', 'a signal'])('is given up by %s, with ABORT', async (how) => {
    const { engine, agent } = await meetOld();
    const controller = new AbortController();
    const options = how === 'a signal' ? { signal: controller.signal } : { timeoutMs: 20 };
    const held = engine.notify(Buffer.alloc(2000), { holdAfter: 1, ...options });
    held.catch(() => undefined);
    await agent.takes(FrameType.NOTIFY);
    controller.abort();
    await expect(held).rejects.toBeInstanceOf(Error);
    expect(await agent.takes(FrameType.UNSET)).toMatchObject([{ flags: FrameFlag.FIN | FrameFlag.ABORT }]);
  });

  it('is given up by the agent: an ACK with ABORT ends it, and no more fragments follow', async () => {
    const { engine, agent } = await meetOld();
    const held = engine.notify(Buffer.alloc(2000), { holdAfter: 1 });
    const waiting = engine.notify(PING);
    await agent.takes(FrameType.NOTIFY);
    agent.send(
      frame(FrameType.ACK, Buffer.alloc(0), { streamId: 1, frameId: 1, flags: FrameFlag.FIN | FrameFlag.ABORT }),
    );
    expect(await held).toMatchObject({ aborted: true, actions: [] });
    expect(await agent.takes(FrameType.NOTIFY)).toMatchObject([{ streamId: 3 }]);
    agent.ack(3);
    await waiting;
    expect(engine.violations).toEqual([]);
  });

  it('must not be answered before it is whole', async () => {
    const { engine, agent } = await meetOld();
    const held = rejection('SPOA_DISCONNECTED', engine.notify(Buffer.alloc(2000), { holdAfter: 1 }));
    await agent.takes(FrameType.NOTIFY);
    agent.ack(1);
    await held;
    expect(engine.violations).toMatchObject([{ code: 'SPOA_FRAME_UNEXPECTED', facts: { streamId: 1, frameId: 1 } }]);
  });

  it('is not held where it fits into a frame', async () => {
    const { engine, agent } = await meetOld();
    const answer = engine.notify(PING, { holdAfter: 0 });
    await agent.takes(FrameType.NOTIFY);
    agent.ack(1);
    await answer;
  });
});

describe('abort', () => {
  it('of what was sent whole sends the frame and forgets it', async () => {
    const { engine, agent } = await meetOld();
    const answer = engine.notify(PING, { streamId: 2, frameId: 3 });
    await agent.takes(FrameType.NOTIFY);
    engine.abort({ streamId: 2, frameId: 3 });
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
    expect(await agent.takes(FrameType.UNSET)).toMatchObject([{ streamId: 2, frameId: 3, flags: 3 }]);
  });

  it('of unknown ids sends the frame', async () => {
    const { engine, agent } = await meetOld();
    engine.abort({ streamId: 77 });
    // PROTOCOL 1.1: type 0, FIN and ABORT, no payload.
    await agent.takes(FrameType.UNSET);
    expect(agent.received.subarray(-11).toString('hex')).toBe('00000007' + '00' + '00000003' + '4d' + '01');
  });

  it('of a closed engine does nothing', async () => {
    const { target, agent } = pair();
    const connecting = connectEngine(target);
    await agent.greet();
    const engine = await connecting;
    engine.destroy();
    engine.abort({ streamId: 1 });
    await engine.closed;
    await agent.end();
  });
});
