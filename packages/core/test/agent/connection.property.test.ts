import { duplexPair } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Agent,
  createAgent,
  decodeDisconnect,
  encodeHaproxyHello,
  FrameType,
  type Handler,
  type NotifyContext,
} from '../../src/index.ts';
import { conversation, cut, cuts, mutated, nonsense } from './support/conversations.ts';
import { type Prediction, predict } from './support/model.ts';
import { decodeAck, HELLO, notify, RawClient } from './support/raw-client.ts';
import { RecordingLogger } from './support/recording-logger.ts';

const MAX_NOTIFY_SIZE = 500;

/** Actions of more bytes than this make an ACK that is paced, which has tests of its own: `pacing.test.ts`. */
const MAX_ECHO = 700;

/** Answers with what it was sent, as far as that can be done. */
function echo(request: NotifyContext): void {
  if (request.streamId === 5) throw new Error('the handler broke');
  let i = 0;
  const start = request.writer.offset;
  for (const message of request.messages) {
    for (const { name, value } of message) {
      const before = request.writer.offset;
      request.setVar('session', `v${i++}_${name}`, value);
      if (request.writer.offset - start > MAX_ECHO) request.writer.offset = before;
    }
  }
}

const HANDLERS: Record<string, Handler> = {
  sync: echo,
  'async at once': async (request) => echo(request),
  'async later': async (request) => {
    await new Promise((resolve) => setImmediate(resolve));
    echo(request);
  },
  'of every kind': (request) => {
    const turns = request.frameId % 4;
    if (turns === 0) return echo(request);
    return (async () => {
      for (let i = 1; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
      echo(request);
    })();
  },
};

interface Outcome {
  /** All bytes that the agent wrote. */
  readonly bytes: Buffer;
  readonly observed: Prediction;
  readonly log: RecordingLogger;
}

/** Says `pieces` to an agent, piece by piece, and waits until nothing happens any more. */
async function say(agent: Agent, log: RecordingLogger, pieces: readonly Buffer[]): Promise<Outcome> {
  const [agentSide, clientSide] = duplexPair();
  const client = new RawClient(clientSide);
  const written: Buffer[] = [];
  clientSide.on('data', (chunk: Buffer) => written.push(chunk));
  log.lines.length = 0;
  agent.handleConnection(agentSide);
  for (const piece of pieces) clientSide.write(piece);
  for (let still = 0, before = -1; still < 8; ) {
    await new Promise((resolve) => setImmediate(resolve));
    const now = client.frames.length + (client.ended ? 1 : 0) + agentSide.readableLength + clientSide.writableLength;
    still = now === before ? still + 1 : 0;
    before = now;
  }
  const { frames, ended } = client;
  const observed: Prediction = { hello: false, acks: [], end: ended ? 'quiet' : 'open' };
  for (const [i, frame] of frames.entries()) {
    if (i === 0 && frame.type === FrameType.AGENT_HELLO) observed.hello = true;
    else if (i === frames.length - 1 && frame.type === FrameType.AGENT_DISCONNECT) {
      expect(ended).toBe(true);
      observed.end = decodeDisconnect(frame.payload).statusCode;
    } else {
      const { streamId, frameId, flags } = decodeAck(frame);
      observed.acks.push(`${streamId}/${frameId}/${flags}`);
    }
  }
  expect(client.heldBytes).toBe(0);
  agentSide.destroy();
  clientSide.destroy();
  return { bytes: Buffer.concat(written), observed, log };
}

function agentWith(handler: Handler): { agent: Agent; log: RecordingLogger } {
  const log = new RecordingLogger();
  return { agent: createAgent(handler, { logger: log, maxNotifySize: MAX_NOTIFY_SIZE }), log };
}

describe('any way of cutting a conversation into pieces gives the same answers', () => {
  test('byte by byte the same, where the handler is sync', async () => {
    const { agent, log } = agentWith(echo);
    await fc.assert(
      fc.asyncProperty(conversation, cuts, async (bytes, sizes) => {
        const whole = await say(agent, log, [bytes]);
        const pieces = await say(agent, log, cut(bytes, sizes));
        expect(pieces.bytes.equals(whole.bytes)).toBe(true);
        expect(whole.observed).toEqual(predict(bytes, MAX_NOTIFY_SIZE));
      }),
      { numRuns: 150 },
    );
  });

  test.each(Object.entries(HANDLERS))('the same ACKs, where the handler is %s', async (_, handler) => {
    const { agent, log } = agentWith(handler);
    await fc.assert(
      fc.asyncProperty(conversation, cuts, async (bytes, sizes) => {
        const { observed } = await say(agent, log, cut(bytes, sizes));
        const expected = predict(bytes, MAX_NOTIFY_SIZE);
        expect({ ...observed, acks: observed.acks.toSorted() }).toEqual({
          ...expected,
          acks: expected.acks.toSorted(),
        });
      }),
      { numRuns: 75 },
    );
  });
});

describe('whatever is said, the agent does what the rules say', () => {
  const INPUTS: Record<string, fc.Arbitrary<Buffer>> = {
    'frames in any order': nonsense,
    'a conversation with faults': mutated(conversation),
    'frames in any order with faults': mutated(nonsense),
    'random bytes': fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    'random bytes after HELLO': fc
      .uint8Array({ maxLength: 300 })
      .map((bytes) => Buffer.concat([encodeHaproxyHello(HELLO), Buffer.from(bytes)])),
  };

  test.each(Object.entries(INPUTS))('%s', async (_, input) => {
    const { agent, log } = agentWith(echo);
    await fc.assert(
      fc.asyncProperty(input, cuts, async (bytes, sizes) => {
        const { observed } = await say(agent, log, cut(bytes, sizes));
        const expected = predict(bytes, MAX_NOTIFY_SIZE);
        // What looks like another protocol gets no answer.
        const stranger = observed.end === 'quiet' && !observed.hello && typeof expected.end === 'number';
        expect(stranger ? { ...observed, end: expected.end } : observed).toEqual(expected);
        const faults = log.loud.filter(({ facts, level }) => level === 'warn' && 'code' in facts && 'peer' in facts);
        const closed = typeof expected.end === 'number' && expected.end > 0;
        expect(faults.filter(({ message }) => message.endsWith(': closed'))).toHaveLength(closed ? 1 : 0);
      }),
      { numRuns: 300 },
    );
  });

  test('other connections never notice', async () => {
    const { agent, log } = agentWith(echo);
    const [agentSide, clientSide] = duplexPair();
    agent.handleConnection(agentSide);
    const client = new RawClient(clientSide);
    await client.hello();
    let streamId = 0;
    await fc.assert(
      fc.asyncProperty(mutated(nonsense), cuts, async (bytes, sizes) => {
        client.notify(++streamId);
        await say(agent, log, cut(bytes, sizes));
        expect(await client.ack()).toMatchObject({ streamId });
      }),
      { numRuns: 100 },
    );
  });
});

describe('however NOTIFYs, answers and ends follow each other', () => {
  type Step =
    | { readonly kind: 'notify'; readonly connection: number }
    | { readonly kind: 'answer' | 'fail'; readonly which: number }
    | { readonly kind: 'bye' | 'destroy' | 'open'; readonly connection: number };

  const connection = fc.nat(1);
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('notify' as const), connection }) },
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constantFrom('answer' as const, 'fail' as const), which: fc.nat(7) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('bye' as const, 'destroy' as const), connection }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('open' as const), connection }) },
  );

  interface Asked {
    readonly streamId: number;
    readonly client: RawClient;
    request?: NotifyContext;
    settle?: (failed: boolean) => void;
    /** What was decided about it. */
    state: 'waiting' | 'answered' | 'failed';
  }

  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

  test('each NOTIFY gets its own ACK, once, while its connection is there; signals tell of the rest', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const asked = new Map<number, Asked>();
        const { agent, log } = agentWith((request) => {
          const it = asked.get(request.streamId) as Asked;
          it.request = request;
          void request.signal;
          request.setVar('session', 'id', request.streamId);
          return new Promise<void>((resolve, reject) => {
            it.settle = (failed) => (failed ? reject(new Error('no')) : resolve());
          });
        });
        const ends: Array<() => void> = [];
        const clients: RawClient[] = [];
        const dead = new Set<RawClient>();
        const parting = new Set<RawClient>();
        const open = async (which: number): Promise<void> => {
          const [agentSide, clientSide] = duplexPair();
          agent.handleConnection(agentSide);
          const client = new RawClient(clientSide);
          clients[which] = client;
          ends[which] = () => agentSide.destroy();
          await client.hello();
        };
        await open(0);
        await open(1);
        let streamId = 0;
        const all = new Set<RawClient>(clients);
        for (const each of steps) {
          if ('which' in each) {
            const waiting = [...asked.values()].filter(({ state }) => state === 'waiting');
            const it = waiting[each.which % Math.max(1, waiting.length)];
            if (it === undefined) continue;
            it.state = each.kind === 'fail' ? 'failed' : 'answered';
            it.settle?.(each.kind === 'fail');
          } else {
            const client = clients[each.connection] as RawClient;
            if (each.kind === 'open') {
              if (!dead.has(client) && !parting.has(client)) continue;
              await open(each.connection);
              all.add(clients[each.connection] as RawClient);
            } else if (!dead.has(client) && !parting.has(client)) {
              if (each.kind === 'notify') {
                streamId++;
                asked.set(streamId, { streamId, client, state: 'waiting' });
                client.send(notify(streamId));
              } else if (each.kind === 'bye') {
                parting.add(client);
                void client.bye().catch(() => undefined);
              } else {
                dead.add(client);
                ends[each.connection]?.();
              }
            }
          }
          await turn();
        }
        await turn();
        for (const client of all) {
          const acks = client.frames.filter(({ type }) => type === FrameType.ACK).map(decodeAck);
          const mine = [...asked.values()].filter((it) => it.client === client);
          for (const { streamId, actions } of acks) {
            const it = asked.get(streamId);
            expect(it?.client).toBe(client);
            expect(actions).toHaveLength(it?.state === 'answered' ? 1 : 0);
            if (it?.state === 'answered') expect(actions).toMatchObject([{ value: streamId }]);
          }
          const ids = acks.map(({ streamId }) => streamId);
          expect(new Set(ids).size).toBe(ids.length);
          const waiting = mine.filter(({ state }) => state === 'waiting');
          if (dead.has(client)) {
            for (const { request } of waiting)
              expect(request?.signal.reason).toMatchObject({ code: 'SPOA_DISCONNECTED' });
          } else {
            const due = mine.filter(({ state }) => state !== 'waiting').map(({ streamId }) => streamId);
            expect(ids.toSorted((a, b) => a - b)).toEqual(due);
            for (const { request } of waiting) expect(request?.signal.aborted).toBe(false);
            expect(client.ended).toBe(parting.has(client) && waiting.length === 0);
          }
        }
        expect(log.loud.every(({ message }) => message === 'NOTIFY failed: its ACK is empty')).toBe(true);
        for (const end of ends) end();
        await agent.close({ timeoutMs: 0, quietMs: 0 });
      }),
      { numRuns: 150 },
    );
  });
});
