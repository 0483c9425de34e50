import { describe, expect, test } from 'vitest';
import {
  type Action,
  bin,
  type Handler,
  int64,
  ipv4,
  ipv6,
  type NotifyContext,
  SCOPES,
  SpoaError,
  str,
  uint32,
  uint64,
  type WritableValue,
} from '../../src/index.ts';
import { message, notify, OLD_HELLO, rawFrame } from './support/raw-client.ts';
import { startAgent } from './support/test-agent.ts';
import { type Deferred, deferred, until } from './support/until.ts';

const NOTHING = { flags: 1, frameId: 1, actions: [] };

const refusing = (): never => {
  throw new Error('the handler broke');
};

/** Sets a variable, then fails. */
const HALF: Handler = (request) => {
  request.setVar('session', 'half', 1);
  refusing();
};

describe('one ACK for each NOTIFY', () => {
  /** An object with a `then`. Not every one of them is a promise. */
  const thenable = (then: unknown): object => Object.fromEntries([['then', then]]);

  const HANDLERS: Record<string, Handler> = {
    'returns nothing': () => undefined,
    'returns a value that means nothing': () => thenable('not a function'),
    'returns null': () => null,
    'is async': async () => undefined,
    'returns a promise that is settled already': () => Promise.resolve(1),
    'resolves in a later turn of the loop': () => new Promise((resolve) => setImmediate(resolve)),
    'returns a thenable that calls back at once': () => thenable((done: () => void) => done()),
  };

  test.each(Object.entries(HANDLERS))('by a handler that %s', async (_, handler) => {
    const test = await startAgent(handler);
    const client = await test.open();
    client.notify(1, 3);
    expect(await client.acks(2)).toEqual([
      { ...NOTHING, streamId: 1 },
      { ...NOTHING, streamId: 3 },
    ]);
    expect(test.log.loud).toEqual([]);
    await client.bye();
  });

  test('by a handler that returns a thenable that calls back twice: the first time counts', async () => {
    const test = await startAgent((request) => {
      request.setVar('session', 'x', 1);
      return thenable((done: () => void, failed: (error: unknown) => void) => {
        done();
        failed(new Error('too late'));
        done();
      });
    });
    const client = await test.open();
    client.notify(1, 3);
    for (const ack of await client.acks(2)) expect(ack.actions).toMatchObject([{ name: 'x', value: 1 }]);
    await client.bye();
    expect(test.log.loud).toEqual([]);
  });

  test.each([
    ['calls back twice', (done: (value: unknown) => void) => [done('first'), done('second')]],
    [
      'throws behind its call',
      (done: (value: unknown) => void) => {
        done('first');
        refusing();
      },
    ],
  ])('with the answer of a handler whose thenable %s: the first time counts', async (_, then) => {
    const told: unknown[] = [];
    const test = await startAgent((request) => {
      request.answerWith({
        write: (notify, rejected, value) => {
          told.push([rejected, value]);
          notify.setVar('session', 'x', 1);
        },
        writeUnfinished: () => told.push('unfinished'),
        dropped: () => told.push('dropped'),
      });
      return thenable(then);
    });
    const client = await test.open();
    client.notify(1);
    expect((await client.ack()).actions).toMatchObject([{ name: 'x', value: 1 }]);
    await client.bye();
    expect(told).toEqual([[false, 'first']]);
    expect(test.log.loud).toEqual([]);
  });

  const FAILURES: Record<string, Handler> = {
    throws: refusing,
    'throws undefined': () => {
      throw undefined;
    },
    'throws after it has set a variable': HALF,
    'rejects at once': async () => refusing(),
    'rejects later': async () => {
      await new Promise((resolve) => setImmediate(resolve));
      refusing();
    },
    'rejects after it has set a variable': async (request) => {
      await Promise.resolve();
      HALF(request);
    },
    'returns a thenable that fails': () =>
      thenable((_: unknown, failed: (error: unknown) => void) => failed(new Error('no'))),
    'returns a thenable that throws': () => thenable(refusing),
    'returns a thenable whose then cannot be read': () => Object.defineProperty({}, 'then', { get: refusing }),
    'has an answer that throws when it has written something': async (request) => {
      request.answerWith({ write: HALF, writeUnfinished: HALF, dropped: () => undefined });
    },
    'sets a float': (request) => request.setVar('session', 'x', 1.5),
    'sets NaN': (request) => request.setVar('session', 'x', Number.NaN),
    'sets an object': (request) => request.setVar('session', 'x', {} as WritableValue),
    'sets an integer beyond 64 bits': (request) => request.setVar('session', 'x', 2n ** 64n),
    'sets a variable without a name': (request) => request.setVar('session', '', 1),
    'sets a variable with a name that HAProxy refuses': (request) => request.setVar('session', 'a-b', 1),
    'sets a variable in no scope': (request) => request.setVar('txn' as 'transaction', 'x', 1),
    'sets more than a frame holds': (request) => {
      for (let i = 0; i < 2000; i++) request.setVar('session', `variable_${i}`, 'x'.repeat(40));
    },
    'sets one value larger than a frame': (request) => request.setVar('session', 'x', 'x'.repeat(1_000_000)),
    'asks for an argument that is not there and fails over it': (request) =>
      (request.messages.get('other') as unknown as { name: string }).name,
  };

  test.each(Object.entries(FAILURES))('by a handler that %s: an empty one', async (_, handler) => {
    let calls = 0;
    const test = await startAgent((request) => {
      calls++;
      if (request.streamId === 3) return handler(request);
      request.setVar('session', 'good', request.streamId);
      return undefined;
    });
    const client = await test.open();
    client.notify(1, 3, 5);
    const acks = (await client.acks(3)).toSorted((a, b) => a.streamId - b.streamId);
    expect(acks[1]).toEqual({ ...NOTHING, streamId: 3 });
    for (const ack of [acks[0], acks[2]]) expect(ack?.actions).toMatchObject([{ name: 'good', value: ack?.streamId }]);
    expect(calls).toBe(3);
    expect(test.log.loud).toMatchObject([{ level: 'error', facts: { streamId: 3, frameId: 1 } }]);
    await client.bye();
  });

  test('one that sets too much may catch SPOA_ACK_TOO_BIG: what was set before leaves', async () => {
    const codes: string[] = [];
    const test = await startAgent((request) => {
      for (let i = 0; i < 1000; i++) {
        try {
          request.setVar('session', `v${i}`, 'x'.repeat(100));
        } catch (error) {
          codes.push((error as SpoaError).code);
        }
      }
      request.setVar('session', 'z', null);
    });
    const client = await test.open({ ...OLD_HELLO, maxFrameSize: 4096 });
    client.notify(1, 3);
    const acks = await client.acks(2);
    expect(new Set(codes)).toEqual(new Set(['SPOA_ACK_TOO_BIG']));
    for (const { actions } of acks) {
      expect(actions.length).toBeGreaterThan(35);
      expect(actions.at(-1)).toEqual({ type: 'unset-var', scope: 'session', name: 'z' });
      expect(actions.slice(0, -1).map(({ name }) => name)).toEqual(actions.slice(0, -1).map((_, i) => `v${i}`));
    }
    for (const { payload } of client.frames.slice(1)) expect(payload.length).toBeLessThan(4096);
    expect(test.log.loud).toEqual([]);
  });

  test.each(['sync', 'async'])(
    'the largest that is sent is one byte below the largest agreed on (%s)',
    async (kind) => {
      const maxFrameSize = 300;
      const results: string[] = [];
      const test = await startAgent((request) => {
        const fill = (): void => {
          try {
            // An action takes 3 bytes, the name's length and name 2, the value's type and length 3, from 240 on.
            request.setVar('session', 'x', 'x'.repeat(maxFrameSize - 1 - 7 - 8 + Number(request.frameId > 1)));
            results.push('fits');
          } catch (error) {
            results.push((error as SpoaError).code);
            request.setVar('session', 'y', 'small');
          }
        };
        if (kind === 'sync') return fill();
        return Promise.resolve().then(fill);
      });
      const client = await test.open({ ...OLD_HELLO, maxFrameSize });
      client.send(notify(1, [message('m')], 1), notify(1, [message('m')], 2));
      const acks = (await client.acks(2)).toSorted((a, b) => a.frameId - b.frameId);
      expect(results).toEqual(['fits', 'SPOA_ACK_TOO_BIG']);
      expect(acks[0]?.actions).toMatchObject([{ name: 'x' }]);
      expect(acks[1]?.actions).toMatchObject([{ name: 'y', value: 'small' }]);
      expect(client.frames[1]?.payload.length).toBe(maxFrameSize - 1 - 7);
    },
  );

  test('a NOTIFY without a message: HAProxy 3.1 and 3.2 send some', async () => {
    let messages = -1;
    const test = await startAgent((request) => {
      messages = request.messages.length;
    });
    const client = await test.open();
    client.send(rawFrame(3, Buffer.alloc(0), { streamId: 9, frameId: 1 }));
    expect(await client.ack()).toEqual({ ...NOTHING, streamId: 9 });
    expect(messages).toBe(0);
  });

  test.each([
    [0, 1],
    [0, 0],
    [1, 0],
    [239, 240],
    [240, 239],
    [2 ** 32, 2 ** 31],
    [2 ** 53 - 1, 2 ** 53 - 1],
  ])('ids come back as they were: stream-id %d, frame-id %d', async (streamId, frameId) => {
    const test = await startAgent(async (request) => {
      request.setVar('session', 'ids', `${request.streamId}/${request.frameId}`);
    });
    const client = await test.open();
    client.send(notify(streamId, [message('m')], frameId));
    expect(await client.ack()).toMatchObject({ streamId, frameId, actions: [{ value: `${streamId}/${frameId}` }] });
  });

  test('two NOTIFYs with the same ids get two ACKs', async () => {
    const test = await startAgent(async () => undefined);
    const client = await test.open();
    client.notify(1, 1);
    expect(await client.acks(2)).toEqual([
      { ...NOTHING, streamId: 1 },
      { ...NOTHING, streamId: 1 },
    ]);
  });

  test('more arguments than NB-ARGS counts: that NOTIFY fails and no other', async () => {
    const test = await startAgent((request) => request.setVar('session', 'n', request.messages.at(0)?.length));
    const client = await test.open();
    const args = Array.from({ length: 256 }, (_, i) => [`a${i}`, i] as const);
    const most = notify(1, [message('m', args.slice(0, 255))]);
    // HAProxy writes the lowest eight bits of the count: 256 arguments say 0.
    const payload = Buffer.concat([Buffer.from([1, 0x6d, 0]), ...args.map(([name, value]) => argument(name, value))]);
    client.send(most, rawFrame(3, payload, { streamId: 3, frameId: 1 }), notify(5, [message('m')]));
    const acks = await client.acks(3);
    expect(acks[0]?.actions).toMatchObject([{ value: 255 }]);
    expect(acks[1]).toEqual({ ...NOTHING, streamId: 3 });
    expect(acks[2]?.actions).toMatchObject([{ value: 0 }]);
    expect(test.log.loud).toMatchObject([{ level: 'warn', facts: { streamId: 3 } }]);
  });
});

/** An argument whose value is NULL or an integer below 240. */
function argument(name: string, value: number): Buffer {
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from([2, value % 240])]);
}

describe('S2-22 concurrency', () => {
  test('each NOTIFY is handled at once, and ACKs leave in the order in which handlers end', async () => {
    const gates = new Map<number, Deferred>();
    const test = await startAgent((request) => {
      const gate = deferred();
      gates.set(request.streamId, gate);
      return gate.promise;
    });
    const client = await test.open();
    client.notify(1, 3, 5, 7);
    await until('all four handlers to run', () => gates.size === 4);
    for (const streamId of [5, 1, 7, 3]) {
      gates.get(streamId)?.resolve();
      expect((await client.ack()).streamId).toBe(streamId);
    }
  });

  test('a slow NOTIFY holds no other back', async () => {
    const gate = deferred();
    const test = await startAgent((request) => (request.streamId === 1 ? gate.promise : undefined));
    const client = await test.open();
    client.notify(1, 3, 5);
    expect((await client.acks(2)).map(({ streamId }) => streamId)).toEqual([3, 5]);
    gate.resolve();
    expect(await client.ack()).toMatchObject({ streamId: 1 });
  });

  test('frames of one packet are answered in one write', async () => {
    const { client, writes } = (await startAgent(() => undefined)).pair();
    await client.hello();
    client.notify(1, 3, 5, 7, 9);
    await client.acks(5);
    expect(writes).toHaveLength(2);
  });

  test('handlers that end in one turn are answered in one write', async () => {
    const gate = deferred();
    let running = 0;
    const test = await startAgent(() => {
      running++;
      return gate.promise;
    });
    const { client, writes } = test.pair();
    await client.hello();
    for (const streamId of [1, 3, 5]) client.notify(streamId);
    await until('all handlers to run', () => running === 3);
    gate.resolve();
    await client.acks(3);
    expect(writes).toHaveLength(2);
  });

  test('sync and async ones of one packet are all answered', async () => {
    const test = await startAgent((request) => (request.streamId % 4 === 1 ? Promise.resolve() : undefined));
    const client = await test.open();
    const ids = Array.from({ length: 200 }, (_, i) => 2 * i + 1);
    client.notify(...ids);
    expect((await client.acks(200)).map(({ streamId }) => streamId).toSorted((a, b) => a - b)).toEqual(ids);
  });
});

describe('S2-05 actions', () => {
  async function actionsOf(handler: Handler): Promise<Action[]> {
    const test = await startAgent(handler);
    const client = await test.open();
    client.notify(1);
    return (await client.ack()).actions;
  }

  test('stay in the order in which they were set, before and after an await', async () => {
    const actions = await actionsOf(async (request) => {
      request.setVar('session', 'a', 1);
      request.unsetVar('session', 'a');
      await Promise.resolve();
      request.setVar('session', 'a', 2);
      request.setVar('transaction', 'b', 3);
      await new Promise((resolve) => setImmediate(resolve));
      request.unsetVar('request', 'c');
    });
    expect(actions).toEqual([
      { type: 'set-var', scope: 'session', name: 'a', value: 1 },
      { type: 'unset-var', scope: 'session', name: 'a' },
      { type: 'set-var', scope: 'session', name: 'a', value: 2 },
      { type: 'set-var', scope: 'transaction', name: 'b', value: 3 },
      { type: 'unset-var', scope: 'request', name: 'c' },
    ]);
  });

  test.each(SCOPES)('set and unset variables of scope %s', async (scope) => {
    const actions = await actionsOf((request) => {
      request.setVar(scope, 'x', true);
      request.unsetVar(scope, 'y');
    });
    expect(actions).toEqual([
      { type: 'set-var', scope, name: 'x', value: true },
      { type: 'unset-var', scope, name: 'y' },
    ]);
  });

  test('null unsets, undefined leaves alone', async () => {
    const actions = await actionsOf((request) => {
      request.setVar('session', 'x', null);
      request.setVar('session', 'y', undefined);
    });
    expect(actions).toEqual([{ type: 'unset-var', scope: 'session', name: 'x' }]);
  });

  test('one that fails leaves no trace: those before and after it leave whole', async () => {
    const faults = [
      1.5,
      2n ** 70n,
      Number.POSITIVE_INFINITY,
      {},
      Symbol('s'),
      'x'.repeat(20_000),
      Buffer.alloc(20_000),
    ];
    const codes: string[] = [];
    const actions = await actionsOf((request) => {
      request.setVar('session', 'before', 1);
      for (const fault of faults) {
        try {
          request.setVar('session', 'fault', fault as WritableValue);
        } catch (error) {
          codes.push((error as SpoaError).code);
        }
      }
      request.setVar('session', 'after', 2);
    });
    expect(codes).toEqual([
      'SPOA_VALUE_INVALID',
      'SPOA_VALUE_OUT_OF_RANGE',
      'SPOA_VALUE_INVALID',
      'SPOA_VALUE_INVALID',
      'SPOA_VALUE_INVALID',
      'SPOA_ACK_TOO_BIG',
      'SPOA_ACK_TOO_BIG',
    ]);
    expect(actions.map(({ name }) => name)).toEqual(['before', 'after']);
  });

  test('a great many fit where the frame is large', async () => {
    const test = await startAgent((request) => {
      for (let i = 0; i < 40_000; i++) request.setVar('transaction', `v${i}`, i);
    });
    const client = await test.open({ ...OLD_HELLO, maxFrameSize: 1024 * 1024 });
    client.notify(1, 3);
    for (const { actions } of await client.acks(2)) {
      expect(actions).toHaveLength(40_000);
      expect(actions[39_999]).toEqual({ type: 'set-var', scope: 'transaction', name: 'v39999', value: 39_999 });
    }
  });
});

describe('S2-20 values', () => {
  const VALUES: readonly (readonly [string, WritableValue, unknown])[] = [
    ['NULL', null, null],
    ['true', true, true],
    ['false', false, false],
    ['zero', 0, 0],
    ['a negative integer', -42, -42],
    ['a large integer', 2 ** 53 - 1, 2 ** 53 - 1],
    ['the lowest integer', int64(-(2n ** 63n)), -(2n ** 63n)],
    ['the highest integer', uint64(2n ** 64n - 1n), 2n ** 64n - 1n],
    ['UINT32', uint32(2 ** 32 - 1), 2 ** 32 - 1],
    ['text', 'grüße', 'grüße'],
    ['empty text', '', ''],
    ['bytes', bin(Buffer.from([0, 255, 1])), Buffer.from([0, 255, 1])],
    ['an IPv4 address', ipv4('192.0.2.1'), ipv4('192.0.2.1').value],
    ['an IPv6 address', ipv6('2001:db8::1'), ipv6('2001:db8::1').value],
    ['text of bytes', str(Buffer.from('abc')), 'abc'],
  ];

  test.each(VALUES)('%s goes in and out', async (_, value, read) => {
    const seen: unknown[] = [];
    const test = await startAgent((request) => {
      const given = request.messages.get('m')?.get('v');
      seen.push(given);
      // A NULL is an unset-var on the way back.
      request.setVar('session', 'v', given);
    });
    const client = await test.open();
    client.send(notify(1, [message('m', [['v', value]])]));
    const { actions } = await client.ack();
    expect(seen).toEqual([read]);
    expect(actions).toEqual([
      value === null
        ? { type: 'unset-var', scope: 'session', name: 'v' }
        : { type: 'set-var', scope: 'session', name: 'v', value: read },
    ]);
  });
});

describe('what a handler is given', () => {
  async function seen<T>(look: (request: NotifyContext) => T, frame: Buffer): Promise<T> {
    let result: T | undefined;
    const test = await startAgent((request) => {
      result = look(request);
    });
    const client = await test.open();
    client.send(frame);
    await client.ack();
    expect(test.log.loud).toEqual([]);
    return result as T;
  }

  const FRAME = notify(
    7,
    [
      message('first', [
        ['ip', ipv4('192.0.2.1')],
        ['', 'unnamed'],
        ['ip', 2],
        ['', 3],
        ['none', null],
      ]),
      message('second'),
      message('first', [['ip', 'another']]),
    ],
    2,
  );

  test('S2-02 engine id, stream id, frame id, messages, peer', async () => {
    const facts = await seen(
      ({ engineId, streamId, frameId, messages, peer, settled }) => ({
        engineId,
        streamId,
        frameId,
        messages: messages.length,
        transport: peer.transport,
        address: peer.address,
        port: typeof peer.port,
        settled,
      }),
      FRAME,
    );
    expect(facts).toEqual({
      engineId: '5d6a8c3e-1d1f-4a3b-9c55-0f9d2f1c7a10',
      streamId: 7,
      frameId: 2,
      messages: 3,
      transport: 'tcp',
      address: '127.0.0.1',
      port: 'number',
      settled: false,
    });
  });

  test('S2-03 messages by name, the first that matches, by position, in order', async () => {
    const facts = await seen(
      ({ messages }) => ({
        first: messages.get('first')?.length,
        second: messages.get('second')?.length,
        none: [messages.get('third'), messages.get('firs'), messages.get(''), messages.at(3), messages.at(-1)],
        last: messages.at(2)?.get('ip'),
        names: [...messages].map(({ name }) => name),
      }),
      FRAME,
    );
    expect(facts).toEqual({
      first: 5,
      second: 0,
      none: [undefined, undefined, undefined, undefined, undefined],
      last: 'another',
      names: ['first', 'second', 'first'],
    });
  });

  test('S2-04 arguments by name, the first that matches, and in order with duplicates and unnamed ones', async () => {
    const facts = await seen(({ messages }) => {
      const first = messages.get('first');
      return {
        ip: String(first?.get('ip')),
        unnamed: first?.get(''),
        nothing: first?.get('none'),
        has: [first?.has('none'), first?.has('never')],
        never: first?.get('never'),
        beyond: [first?.at(5), first?.at(-1)],
        list: [...(first ?? [])].map(({ name, type, value }) => `${name}:${type}:${value}`),
      };
    }, FRAME);
    expect(facts).toEqual({
      ip: '192.0.2.1',
      unnamed: 'unnamed',
      nothing: null,
      has: [true, false],
      never: undefined,
      beyond: [undefined, undefined],
      list: ['ip:IPV4:192.0.2.1', ':STRING:unnamed', 'ip:INT32:2', ':INT32:3', 'none:NULL:null'],
    });
  });
});
