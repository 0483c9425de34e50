import type { Socket } from 'node:net';
import { duplexPair } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { connectEngine, encodeAgentHello, FrameType, type WritableMessage } from '../../src/index.ts';
import { AGENT_HELLO, frame, MEETINGS, meet, overTcp } from './support/scripted-agent.ts';
import { rejection, until } from './support/until.ts';

const PING: WritableMessage[] = [{ name: 'ping', args: [] }];

describe.each(MEETINGS)('over %s', (_, meeting) => {
  it('disconnect says HAPROXY-DISCONNECT and resolves with the answer', async () => {
    const { engine, agent } = await meet({}, {}, meeting());
    const leaving = engine.disconnect();
    expect(engine.disconnect()).toBe(leaving);
    expect(await agent.disconnected()).toEqual({ statusCode: 0, message: 'normal' });
    agent.disconnect(0, 'bye');
    expect(await leaving).toEqual({ statusCode: 0, message: 'bye' });
    expect(await engine.closed).toEqual({ disconnect: { statusCode: 0, message: 'bye' } });
    expect(await engine.disconnect()).toEqual({ statusCode: 0, message: 'bye' });
    await agent.end();
  });

  it('an AGENT-DISCONNECT with NOTIFYs in flight rejects them with its status', async () => {
    const { engine, agent } = await meet({ window: 2 }, {}, meeting());
    const answers = [1, 2, 3].map(() => rejection('SPOA_DISCONNECTED', engine.notify(PING)));
    await agent.takes(FrameType.NOTIFY, 2);
    agent.disconnect(13, 'no more memory');
    const [first, second, queued] = await Promise.all(answers);
    expect(first).toMatchObject({
      message: 'the agent disconnected with status 13 (no more memory)',
      facts: { statusCode: 13, message: 'no more memory', streamId: 1, frameId: 1 },
    });
    expect(second?.facts).toMatchObject({ statusCode: 13, streamId: 3 });
    expect(queued?.facts).toMatchObject({ statusCode: 13, streamId: undefined });
    expect(await engine.closed).toEqual({ disconnect: { statusCode: 13, message: 'no more memory' } });
    expect(engine).toMatchObject({ inFlight: 0, queued: 0, violations: [] });
    await agent.end();
  });

  it('the end of the connection without a word rejects what is in flight', async () => {
    const { engine, agent } = await meet({}, {}, meeting());
    const answer = rejection('SPOA_DISCONNECTED', engine.notify(PING));
    await agent.takes(FrameType.NOTIFY);
    agent.duplex.end();
    expect((await answer).facts).toEqual({ streamId: 1, frameId: 1 });
    expect(await engine.closed).toEqual({});
    expect(engine.violations).toEqual([]);
  });

  it('the end of the connection in mid-frame is a violation', async () => {
    const { engine, agent } = await meet({}, {}, meeting());
    agent.duplex.end(Buffer.from('0000000767000000', 'hex'));
    const { error } = await engine.closed;
    expect(error).toMatchObject({ code: 'SPOA_TRUNCATED', facts: { heldBytes: 8 } });
    expect(engine.violations).toEqual([error]);
  });

  it('destroy ends it without a word', async () => {
    const { engine, agent } = await meet({}, {}, meeting());
    const answer = rejection('SPOA_DISCONNECTED', engine.notify(PING));
    engine.destroy();
    engine.destroy();
    await answer;
    expect(await engine.closed).toEqual({});
    await until('the end', () => agent.ended);
  });
});

describe('disconnect', () => {
  it('carries any status and text', async () => {
    const { engine, agent } = await meet();
    const leaving = engine.disconnect(99, 'x'.repeat(300));
    expect(await agent.disconnected()).toEqual({ statusCode: 99, message: 'x'.repeat(255) });
    agent.disconnect();
    await leaving;
  });

  it('has no text of its own for an error', async () => {
    const { engine, agent } = await meet();
    const leaving = engine.disconnect(4);
    expect(await agent.disconnected()).toEqual({ statusCode: 4, message: '' });
    agent.disconnect();
    await leaving;
  });

  it('lets what is in flight be answered, and sends nothing more', async () => {
    const { engine, agent } = await meet({ window: 1 });
    const answer = engine.notify(PING);
    const queued = rejection('SPOA_DISCONNECTED', engine.notify(PING));
    await agent.takes(FrameType.NOTIFY);
    const leaving = engine.disconnect();
    await queued;
    await rejection('SPOA_DISCONNECTED', engine.notify(PING));
    await rejection('SPOA_DISCONNECTED', engine.expect({ streamId: 2 }));
    await agent.disconnected();
    agent.ack(1);
    await answer;
    agent.disconnect();
    await leaving;
    await agent.end();
    expect(engine.violations).toEqual([]);
  });

  it('comes behind what was called before', async () => {
    const { engine, agent } = await meet();
    const answer = rejection('SPOA_DISCONNECTED', engine.notify(PING));
    const leaving = engine.disconnect();
    await agent.takes(FrameType.NOTIFY);
    await agent.disconnected();
    agent.disconnect();
    await leaving;
    await answer;
  });

  it('fails where the agent just closes', async () => {
    const { engine, agent } = await meet();
    const leaving = rejection('SPOA_DISCONNECTED', engine.disconnect());
    await agent.disconnected();
    agent.duplex.end();
    await leaving;
  });

  it('fails, and closes, where the agent does not answer in time', async () => {
    const { engine, agent } = await meet({ timeoutMs: 20 });
    await rejection('SPOA_TIMEOUT', engine.disconnect());
    await agent.disconnected();
    await agent.end();
    expect(await engine.closed).toMatchObject({ error: { code: 'SPOA_TIMEOUT' } });
  });

  it('waits for ever where there is no time limit', async () => {
    const { engine, agent } = await meet({ timeoutMs: 0 });
    const leaving = engine.disconnect();
    await agent.disconnected();
    agent.disconnect();
    await leaving;
  });

  it('of a destroyed engine fails', async () => {
    const { engine } = await meet();
    engine.destroy();
    await rejection('SPOA_DISCONNECTED', engine.disconnect());
    await rejection('SPOA_DISCONNECTED', engine.notify(PING));
  });

  it('keeps the fault that ended the connection as its cause', async () => {
    const { engine, agent } = await meet();
    const leaving = rejection('SPOA_DISCONNECTED', engine.disconnect());
    await agent.disconnected();
    agent.send(frame(42));
    expect((await leaving).cause).toMatchObject({ code: 'SPOA_FRAME_UNEXPECTED' });
  });
});

describe('a reset', () => {
  it('by the agent rejects what is in flight, with its cause', async () => {
    const { engine, agent } = await meet({}, {}, overTcp());
    const answer = rejection('SPOA_DISCONNECTED', engine.notify(PING));
    await agent.takes(FrameType.NOTIFY);
    (agent.duplex as Socket).resetAndDestroy();
    const error = await answer;
    expect(error.cause).toMatchObject({ code: 'SPOA_DISCONNECTED', cause: { code: 'ECONNRESET' } });
    expect(await engine.closed).toEqual({ error: error.cause });
    expect(engine.violations).toEqual([]);
  });

  it('by the engine is what HAProxy 3.1 and newer do', async () => {
    const { engine, agent } = await meet({}, {}, overTcp());
    engine.destroy({ reset: true });
    await until('the reset', () => agent.closed);
    expect(agent.error?.code).toBe('ECONNRESET');
  });

  it('that the transport does not know is an end like any other', async () => {
    const { engine, agent } = await meet();
    engine.destroy({ reset: true });
    await engine.closed;
    await agent.end();
  });
});

describe('await using', () => {
  it('disconnects and waits for the end', async () => {
    const { engine, agent } = await meet();
    const done = (async () => {
      await using disposed = engine;
      return disposed.window;
    })();
    expect(await agent.disconnected()).toMatchObject({ statusCode: 0 });
    agent.disconnect();
    expect(await done).toBe(20);
    expect(await engine.closed).toMatchObject({ disconnect: { statusCode: 0 } });
  });

  it('ends well where the connection has ended, and where the agent is silent', async () => {
    const { engine, agent } = await meet({ timeoutMs: 20 });
    await engine[Symbol.asyncDispose]();
    await engine[Symbol.asyncDispose]();
    await agent.disconnected();
    await agent.end();
  });
});

describe('sendRaw', () => {
  it('sends any bytes, in order with all else', async () => {
    const { engine, agent } = await meet();
    const before = agent.received.length;
    engine.notify(PING).catch(() => undefined);
    const sent = [
      engine.sendRaw(Buffer.from('abc')),
      engine.sendRaw(Buffer.alloc(0)),
      engine.sendRaw(Buffer.from('defg'), { pieceBytes: 2 }),
    ];
    engine.notify(PING).catch(() => undefined);
    expect(await Promise.all(sent)).toEqual([true, true, true]);
    await until('the last NOTIFY', () => agent.received.length === before + 17 + 7 + 17);
    expect(agent.received.toString('latin1', before + 17, before + 24)).toBe('abcdefg');
    expect(agent.chunkSizes.slice(-5)).toEqual([17, 3, 2, 2, 17]);
  });

  it('says that the connection ended before', async () => {
    const { engine, agent } = await meet();
    const sending = engine.sendRaw(Buffer.alloc(1000), { pieceBytes: 1 });
    const behind = engine.sendRaw(Buffer.from('x'));
    agent.disconnect(4);
    expect(await sending).toBe(false);
    expect(await behind).toBe(false);
    expect(await engine.sendRaw(Buffer.from('x'))).toBe(false);
    expect(await engine.closed).toMatchObject({ disconnect: { statusCode: 4 } });
  });

  it('says so too where the agent does not read', async () => {
    const [duplex, other] = duplexPair();
    const connecting = connectEngine({ duplex });
    other.once('readable', () => {
      other.read();
      other.write(encodeAgentHello(AGENT_HELLO));
    });
    const engine = await connecting;
    const sending = engine.sendRaw(Buffer.alloc(1_000_000), { pieceBytes: 100_000 });
    for (let i = 0; i < 5; i++) await new Promise(setImmediate);
    engine.destroy();
    expect(await sending).toBe(false);
    other.destroy();
  });
});
