import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  type Ack,
  decodeMessages,
  encodeAck,
  encodeMessages,
  encodeNotify,
  FrameFlag,
  FrameType,
  ipv4,
  ipv6,
  type WritableMessage,
} from '../../src/index.ts';
import { frame, MEETINGS, meet, overTcp } from './support/scripted-agent.ts';
import { rejection, until } from './support/until.ts';

const PING: WritableMessage[] = [{ name: 'ping', args: [] }];

/** Lets everything that is due in this turn of the event loop, and in the next, happen. */
async function turns(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise(setImmediate);
}

describe.each(MEETINGS)('S2-11 over %s', (_, meeting) => {
  it('a NOTIFY has the bytes of HAProxy, and its ACK resolves it', async () => {
    const { engine, agent } = await meet({}, {}, meeting());
    const answer = engine.notify([
      {
        name: 'check-client-ip',
        args: [
          ['ip', ipv4('127.0.0.1')],
          ['', -1n],
        ],
      },
    ]);
    const [notify] = await agent.takes(FrameType.NOTIFY);
    // PROTOCOL 1.8.
    expect(agent.received.subarray(-48).toString('hex')).toBe(
      '0000002c0300000001' +
        '0101' +
        '0f636865636b2d636c69656e742d6970' +
        '02' +
        '026970067f000001' +
        '0004fff0fefefefefefefe0e',
    );
    expect(notify).toMatchObject({ streamId: 1, frameId: 1, flags: FrameFlag.FIN });
    agent.send(Buffer.from('000000166700000001010101030108' + '69705f73636f7265' + '03fc03', 'hex'));
    const ack = await answer;
    expect(ack).toEqual({
      streamId: 1,
      frameId: 1,
      flags: 1,
      aborted: false,
      actions: [{ type: 'set-var', scope: 'session', name: 'ip_score', value: 300 }],
    });
    expect(ack.get('session', 'ip_score')).toBe(300);
    expect(engine.violations).toEqual([]);
  });
});

describe('an ACK', () => {
  async function answer(...actions: Parameters<typeof encodeAck>[1][]): Promise<Ack> {
    const { engine, agent } = await meet();
    const ack = engine.notify(PING);
    await agent.takes(FrameType.NOTIFY);
    agent.send(
      encodeAck(
        { streamId: 1, frameId: 1 },
        actions.flatMap((list) => [...list]),
      ),
    );
    return ack;
  }

  it('may be empty', async () => {
    const ack = await answer([]);
    expect(ack.actions).toEqual([]);
    expect(ack.get('session', 'x')).toBeUndefined();
  });

  it('tells what a variable is, by scope and name: the last action counts', async () => {
    const ack = await answer([
      { type: 'set-var', scope: 'transaction', name: 'a', value: 1 },
      { type: 'set-var', scope: 'session', name: 'a', value: 'of the session' },
      { type: 'set-var', scope: 'transaction', name: 'a', value: 2 },
      { type: 'set-var', scope: 'request', name: 'gone', value: true },
      { type: 'unset-var', scope: 'request', name: 'gone' },
      { type: 'set-var', scope: 'response', name: 'nothing', value: null },
      { type: 'set-var', scope: 'process', name: 'ip', value: ipv6('2001:db8::1') },
    ]);
    expect(ack.get('transaction', 'a')).toBe(2);
    expect(ack.get('session', 'a')).toBe('of the session');
    expect(ack.get('request', 'gone')).toBeUndefined();
    expect(ack.get('response', 'nothing')).toBeNull();
    expect(String(ack.get('process', 'ip'))).toBe('2001:db8::1');
    expect(ack.actions).toHaveLength(7);
  });

  it('may have reserved flags and ABORT: HAProxy 3.1 and newer take it all the same', async () => {
    const { engine, agent } = await meet();
    const answer = engine.notify(PING);
    await agent.takes(FrameType.NOTIFY);
    agent.send(frame(FrameType.ACK, Buffer.alloc(0), { streamId: 1, frameId: 1, flags: 0xffff_ffff }));
    expect(await answer).toMatchObject({ flags: 0xffff_ffff, aborted: true });
  });

  it('may come in any order', async () => {
    const { engine, agent } = await meet();
    const answers = [engine.notify(PING), engine.notify(PING), engine.notify(PING)];
    await agent.takes(FrameType.NOTIFY, 3);
    for (const streamId of [5, 1, 3]) {
      agent.ack(streamId, [{ type: 'set-var', scope: 'request', name: 'me', value: streamId }]);
    }
    expect((await Promise.all(answers)).map((ack) => ack.get('request', 'me'))).toEqual([1, 3, 5]);
  });

  it('may come byte by byte', async () => {
    const { engine, agent } = await meet();
    const answer = engine.notify(PING);
    await agent.takes(FrameType.NOTIFY);
    for (const byte of encodeAck({ streamId: 1, frameId: 1 }, [])) {
      agent.send(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    await answer;
  });
});

describe('what is sent', () => {
  it('leaves in one write a turn', async () => {
    const { engine, agent } = await meet({}, {}, overTcp());
    const hello = agent.received.length;
    for (let i = 0; i < 20; i++) engine.notify(PING).catch(() => undefined);
    await agent.takes(FrameType.NOTIFY, 20);
    expect(agent.chunkSizes).toEqual([hello, agent.received.length - hello]);
  });

  it('leaves in one write after the ACKs of one read', async () => {
    const { engine, agent } = await meet({ window: 4 });
    for (let i = 0; i < 8; i++) engine.notify(PING).catch(() => undefined);
    await agent.takes(FrameType.NOTIFY, 4);
    const before = agent.chunkSizes.length;
    agent.send(...[1, 3, 5, 7].map((streamId) => encodeAck({ streamId, frameId: 1 }, [])));
    await agent.takes(FrameType.NOTIFY, 4);
    expect(agent.chunkSizes).toHaveLength(before + 1);
  });

  it('can be a payload of any kind', async () => {
    const { engine, agent } = await meet();
    const answer = engine.notify(Buffer.from('01ff', 'hex'));
    const [notify] = await agent.takes(FrameType.NOTIFY);
    expect(notify?.payload.toString('hex')).toBe('01ff');
    agent.ack(1);
    await answer;
  });

  it('can leave in pieces, each in a turn of its own', async () => {
    const { engine, agent } = await meet();
    const before = agent.chunkSizes.length;
    const answers = [engine.notify(PING), engine.notify(PING, { pieceBytes: 1 }), engine.notify(PING)];
    const notifies = await agent.takes(FrameType.NOTIFY, 3);
    expect(notifies.map(({ streamId }) => streamId)).toEqual([1, 3, 5]);
    const size = 4 + 7 + 6;
    expect(agent.chunkSizes.slice(before)).toEqual([size, ...new Array(size).fill(1), size]);
    for (const streamId of [1, 3, 5]) agent.ack(streamId);
    await Promise.all(answers);
  });

  it('is refused whole where a value has no type', async () => {
    const { engine } = await meet();
    await rejection('SPOA_VALUE_INVALID', engine.notify([{ name: 'm', args: [['half', 0.5]] }]));
    expect(engine).toMatchObject({ inFlight: 0, queued: 0 });
  });

  it('is refused where it does not fit into a frame: the limit is met exactly', async () => {
    const { engine, agent } = await meet({}, { maxFrameSize: 256 });
    const answer = engine.notify(Buffer.alloc(256 - 7));
    const [notify] = await agent.takes(FrameType.NOTIFY);
    expect(notify?.payload).toHaveLength(249);
    const error = await rejection('SPOA_FRAME_TOO_BIG', engine.notify(Buffer.alloc(256 - 6)));
    expect(error.facts).toMatchObject({ length: 257, maxFrameSize: 256 });
    agent.ack(1);
    await answer;
    // The id of the one that was refused is not lost.
    const next = engine.notify(PING);
    expect((await agent.takes(FrameType.NOTIFY))[0]?.streamId).toBe(3);
    agent.ack(3);
    await next;
  });
});

describe('ids', () => {
  it('are 1, 3, 5 and frame-id 1 by default, any others on demand', async () => {
    const { engine, agent } = await meet();
    const answers = [
      engine.notify(PING),
      engine.notify(PING, { streamId: 0 }),
      engine.notify(PING, { streamId: 2 ** 53 - 1, frameId: 70_000 }),
      engine.notify(PING, { frameId: 2 }),
      engine.notify(PING, { streamId: 1, frameId: 2 }),
      engine.notify(PING, { streamId: 7 }),
      engine.notify(PING),
      engine.notify(PING),
    ];
    const ids = (await agent.takes(FrameType.NOTIFY, 8)).map(({ streamId, frameId }) => [streamId, frameId]);
    expect(ids).toEqual([
      [1, 1],
      [0, 1],
      [2 ** 53 - 1, 70_000],
      [3, 2],
      [1, 2],
      [7, 1],
      [5, 1],
      [9, 1],
    ]);
    for (const [streamId, frameId] of ids) agent.ack(streamId as number, [], frameId);
    const acks = await Promise.all(answers);
    expect(acks.map(({ streamId, frameId }) => [streamId, frameId])).toEqual(ids);
    expect(engine.violations).toEqual([]);
  });

  it('cannot be in flight twice', async () => {
    const { engine, agent } = await meet();
    const first = engine.notify(PING, { streamId: 4 });
    expect((await rejection('SPOA_FRAME_INVALID', engine.notify(PING, { streamId: 4 }))).facts).toEqual({
      streamId: 4,
      frameId: 1,
    });
    await rejection('SPOA_FRAME_INVALID', engine.expect({ streamId: 4 }));
    await agent.takes(FrameType.NOTIFY);
    agent.ack(4);
    await first;
    const second = engine.notify(PING, { streamId: 4 });
    await agent.takes(FrameType.NOTIFY);
    agent.ack(4);
    await second;
  });

  it.each([{ streamId: -1 }, { streamId: 1.5 }, { frameId: -1 }, { streamId: 2 ** 53 }, { timeoutMs: -1 }])(
    'and times are integers: %o',
    async (options) => {
      const { engine } = await meet();
      await rejection('SPOA_VALUE_OUT_OF_RANGE', engine.notify(PING, options));
      expect(engine.queued).toBe(0);
    },
  );
});

describe('the window', () => {
  it.each([
    [20, ['pipelining'], undefined],
    [1, [], undefined],
    [5, ['pipelining'], 5],
  ])('of %i is kept', async (size, capabilities, window) => {
    const { engine, agent } = await meet(window === undefined ? {} : { window }, { capabilities });
    const total = size * 3 + 1;
    const answers = Array.from({ length: total }, () => engine.notify(PING));
    let sent = 0;
    for (let answered = 0; answered < total; answered++) {
      await until('the window to be used', () => agent.frames.length - 1 === Math.min(total, answered + size));
      await turns();
      sent = agent.frames.length - 1;
      expect(sent - answered).toBe(Math.min(size, total - answered));
      expect(engine).toMatchObject({ inFlight: sent - answered, queued: total - sent });
      agent.ack(answered * 2 + 1);
    }
    expect(await Promise.all(answers)).toHaveLength(total);
    expect(engine).toMatchObject({ inFlight: 0, queued: 0 });
  });

  it('is open to what is expected of raw bytes', async () => {
    const { engine, agent } = await meet({ window: 1 });
    const first = engine.notify(PING);
    const raw = engine.expect({ streamId: 8, frameId: 3 });
    const [bytes] = encodeNotify({ streamId: 8, frameId: 3 }, PING);
    expect(await engine.sendRaw(bytes as Buffer)).toBe(true);
    await agent.takes(FrameType.NOTIFY, 2);
    expect(engine.inFlight).toBe(2);
    agent.ack(8, [], 3);
    expect(await raw).toMatchObject({ streamId: 8, frameId: 3 });
    agent.ack(1);
    await first;
  });
});

describe('a time-out', () => {
  it('forgets the NOTIFY: its late ACK is counted, and the connection lives on', async () => {
    const { engine, agent } = await meet();
    const error = await rejection('SPOA_TIMEOUT', engine.notify(PING, { timeoutMs: 20 }));
    expect(error.facts).toEqual({ streamId: 1, frameId: 1, timeoutMs: 20 });
    expect(engine.inFlight).toBe(0);
    agent.ack(1);
    await until('the late ACK', () => engine.lateAcks === 1);
    agent.ack(1);
    await until('its duplicate', () => engine.duplicateAcks === 1);
    const next = engine.notify(PING);
    await until('the next NOTIFY', () => agent.frames.length === 3);
    agent.ack(3);
    await next;
    expect(engine).toMatchObject({ lateAcks: 1, duplicateAcks: 1, violations: [] });
  });

  it('of ids of any kind is remembered', async () => {
    const { engine, agent } = await meet();
    await rejection('SPOA_TIMEOUT', engine.notify(PING, { streamId: 6, frameId: 9, timeoutMs: 5 }));
    agent.ack(6, [], 9);
    agent.ack(6, [], 9);
    await until('the duplicate', () => engine.duplicateAcks === 1);
    expect(engine.lateAcks).toBe(1);
  });

  it('of ids that are used again no longer counts: the late ACK is taken for the new one, as HAProxy does', async () => {
    const { engine, agent } = await meet();
    await rejection('SPOA_TIMEOUT', engine.notify(PING, { streamId: 2, timeoutMs: 5 }));
    const again = engine.notify(PING, { streamId: 2 });
    await agent.takes(FrameType.NOTIFY, 2);
    agent.ack(2);
    await again;
    agent.ack(2);
    await until('the duplicate', () => engine.duplicateAcks === 1);
    expect(engine.lateAcks).toBe(0);
  });

  it('makes room in the window', async () => {
    const { engine, agent } = await meet({ window: 1 });
    const slow = rejection('SPOA_TIMEOUT', engine.notify(PING, { timeoutMs: 20 }));
    const queued = engine.notify(PING);
    await slow;
    await agent.takes(FrameType.NOTIFY, 2);
    agent.ack(3);
    await queued;
  });

  it('counts from the call: what is queued is never sent then', async () => {
    const { engine, agent } = await meet({ window: 1 });
    const first = engine.notify(PING);
    const error = await rejection('SPOA_TIMEOUT', engine.notify(PING, { timeoutMs: 10 }));
    expect(error.facts).toMatchObject({ streamId: undefined });
    expect(engine.queued).toBe(0);
    agent.ack(1);
    await first;
    const third = engine.notify(PING);
    expect((await agent.takes(FrameType.NOTIFY, 2)).map(({ streamId }) => streamId)).toEqual([1, 3]);
    agent.ack(3);
    await third;
  });

  it('of its own has every NOTIFY; those with the same come in the order of the calls', async () => {
    const { engine } = await meet();
    const expired: string[] = [];
    await Promise.all(
      [60, 20, 40, 20, 1].map((timeoutMs, i) =>
        rejection('SPOA_TIMEOUT', engine.notify(PING, { timeoutMs })).then(({ facts }) =>
          expired.push(`${facts.timeoutMs}/${i}`),
        ),
      ),
    );
    expect(expired.filter((name) => name.startsWith('20/'))).toEqual(['20/1', '20/3']);
    expect(expired.toSorted()).toEqual(['1/4', '20/1', '20/3', '40/2', '60/0']);
  });

  it("is the engine's where no other is given", async () => {
    const { engine } = await meet({ timeoutMs: 10 });
    await rejection('SPOA_TIMEOUT', engine.notify(PING));
    await rejection('SPOA_TIMEOUT', engine.expect({ streamId: 9 }));
  });

  it('of 0 never comes', async () => {
    const { engine, agent } = await meet({ timeoutMs: 10 });
    const patient = engine.notify(PING, { timeoutMs: 0 });
    await rejection('SPOA_TIMEOUT', engine.notify(PING));
    agent.ack(1);
    await patient;
  });
});

describe('a signal', () => {
  it('that is set already sends nothing', async () => {
    const { engine, agent } = await meet();
    await expect(engine.notify(PING, { signal: AbortSignal.abort('no need') })).rejects.toBe('no need');
    await turns();
    expect(agent.frames).toHaveLength(1);
    expect(engine).toMatchObject({ inFlight: 0, queued: 0 });
  });

  it('takes a NOTIFY out of the queue', async () => {
    const { engine, agent } = await meet({ window: 1 });
    const controller = new AbortController();
    const first = engine.notify(PING);
    const queued = engine.notify(PING, { signal: controller.signal });
    controller.abort();
    await expect(queued).rejects.toMatchObject({ name: 'AbortError' });
    expect(engine.queued).toBe(0);
    await agent.takes(FrameType.NOTIFY);
    agent.ack(1);
    await first;
    await turns();
    expect(agent.frames).toHaveLength(2);
  });

  it('forgets a NOTIFY that was sent', async () => {
    const { engine, agent } = await meet();
    const controller = new AbortController();
    const answer = engine.notify(PING, { signal: controller.signal });
    await agent.takes(FrameType.NOTIFY);
    controller.abort(new Error('the client left'));
    await expect(answer).rejects.toThrow('the client left');
    agent.ack(1);
    await until('the late ACK', () => engine.lateAcks === 1);
  });

  it('does nothing after the ACK', async () => {
    const { engine, agent } = await meet();
    const controller = new AbortController();
    const answer = engine.notify(PING, { signal: controller.signal });
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    await agent.takes(FrameType.NOTIFY);
    agent.ack(1);
    await answer;
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    controller.abort();
    agent.ack(1);
    await until('the duplicate', () => engine.duplicateAcks === 1);
    expect(engine.lateAcks).toBe(0);
  });
});

describe('a second ACK', () => {
  it.each([
    ['ids of the engine', {}, 1, 1],
    ['other ids', { streamId: 10, frameId: 2 }, 10, 2],
  ])('is counted, with %s', async (_, ids, streamId, frameId) => {
    const { engine, agent } = await meet();
    const answer = engine.notify(PING, ids);
    await agent.takes(FrameType.NOTIFY);
    agent.ack(streamId, [], frameId);
    agent.ack(streamId, [], frameId);
    await answer;
    await until('the duplicate', () => engine.duplicateAcks === 1);
    expect(engine.violations).toEqual([]);
  });

  it('of ids that were used 70000 times ago is no violation', async () => {
    const { engine, agent } = await meet({ window: 1000, timeoutMs: 0 });
    const acked = new Set<number>();
    agent.duplex.on('data', () => {
      const fresh = agent.frames.filter(({ type, streamId }) => type === FrameType.NOTIFY && !acked.has(streamId));
      for (const { streamId } of fresh) acked.add(streamId);
      agent.frames.length = 0;
      agent.send(...fresh.map(({ streamId }) => encodeAck({ streamId, frameId: 1 }, [])));
    });
    const payload = encodeMessages(PING);
    await Promise.all(Array.from({ length: 70_000 }, (_, i) => engine.notify(payload, { streamId: i * 2 })));
    agent.ack(0);
    await until('the duplicate', () => engine.duplicateAcks === 1);
    expect(engine.violations).toEqual([]);
  });
});

it('tells the largest read', async () => {
  const { engine, agent } = await meet();
  const answers = [engine.notify(PING), engine.notify(PING)];
  await agent.takes(FrameType.NOTIFY, 2);
  agent.send(encodeAck({ streamId: 1, frameId: 1 }, []), Buffer.concat([encodeAck({ streamId: 3, frameId: 1 }, [])]));
  await Promise.all(answers);
  // AGENT-HELLO is larger than two empty ACKs.
  expect(engine.largestRead).toBe(68);
  agent.send(
    Buffer.concat([
      encodeAck({ streamId: 1, frameId: 1 }, [
        { type: 'set-var', scope: 'session', name: 'x', value: 'y'.repeat(100) },
      ]),
    ]),
  );
  await until('the duplicate', () => engine.duplicateAcks === 1);
  expect(engine.largestRead).toBe(11 + 3 + 2 + 1 + 1 + 100);
});

it('messages are what the agent reads', async () => {
  const { engine, agent } = await meet();
  engine
    .notify([
      ...PING,
      {
        name: 'second',
        args: [
          ['a', 1],
          ['a', 'again'],
          ['', null],
        ],
      },
    ])
    .catch(() => undefined);
  const [notify] = await agent.takes(FrameType.NOTIFY);
  const messages = decodeMessages((notify as { payload: Buffer }).payload);
  expect([...messages].map(({ name, length }) => [name, length])).toEqual([
    ['ping', 0],
    ['second', 3],
  ]);
});

it('flush sends what is due before the turn ends, and nothing twice', async () => {
  const { engine, agent } = await meet();
  let hasTurned = false;
  setImmediate(() => {
    hasTurned = true;
  });
  const notifies = () => agent.frames.filter(({ type }) => type === FrameType.NOTIFY).length;
  const answers = [engine.notify(PING), engine.notify(PING)];
  engine.flush();
  for (let i = 0; i < 20; i++) await new Promise<void>((resolve) => process.nextTick(resolve));
  expect([hasTurned, notifies()]).toEqual([false, 2]);
  await turns();
  expect([hasTurned, notifies()]).toEqual([true, 2]);
  agent.send(encodeAck({ streamId: 1, frameId: 1 }, []), encodeAck({ streamId: 3, frameId: 1 }, []));
  await Promise.all(answers);
});
