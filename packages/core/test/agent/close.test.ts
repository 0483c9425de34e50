import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { Duplex, duplexPair } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createAgent, encodeHaproxyHello, FrameType, handleConnection } from '../../src/index.ts';
import { HELLO, notify, OLD_HELLO, RawClient } from './support/raw-client.ts';
import { startAgent, TestAgent } from './support/test-agent.ts';
import { temporaryFolder } from './support/transports.ts';
import { type Deferred, deferred, until, within } from './support/until.ts';

/** An agent whose handlers wait for us. */
async function gated(): Promise<{ test: TestAgent; gates: Map<number, Deferred> }> {
  const gates = new Map<number, Deferred>();
  const test = await startAgent(async (request) => {
    const gate = deferred();
    gates.set(request.streamId, gate);
    await gate.promise;
    request.setVar('session', 'id', request.streamId);
  });
  return { test, gates };
}

/** HAProxy closes when it is told goodbye. */
async function part(client: RawClient): Promise<void> {
  expect(await client.disconnect()).toEqual({ statusCode: 0, message: 'the agent is closing' });
  client.duplex.end();
}

describe('close', () => {
  test('without connections is done at once', async () => {
    const test = await startAgent();
    await test.agent.close();
    expect(test.agent.connections).toBe(0);
    expect(test.log.lines).toEqual([]);
  });

  test('without ever having listened', async () => {
    await createAgent(() => undefined).close();
  });

  test('says goodbye to quiet connections, in one write', async () => {
    const test = new TestAgent(() => undefined);
    const pairs = [test.pair(), test.pair()];
    for (const { client } of pairs) await client.hello();
    const closed = test.agent.close({ quietMs: 10 });
    for (const { client, writes } of pairs) {
      await part(client);
      expect(writes).toHaveLength(2);
    }
    await closed;
    expect(test.log.loud).toEqual([]);
  });

  test('answers what is in flight first, and what still comes', async () => {
    const { test, gates } = await gated();
    const client = await test.open();
    client.notify(1);
    await until('the handler to run', () => gates.size === 1);
    const closed = test.agent.close({ quietMs: 50 });
    client.notify(3);
    await until('the other handler to run', () => gates.size === 2);
    gates.get(3)?.resolve();
    expect(await client.ack()).toMatchObject({ streamId: 3, actions: [{ value: 3 }] });
    gates.get(1)?.resolve();
    expect(await client.ack()).toMatchObject({ streamId: 1, actions: [{ value: 1 }] });
    await part(client);
    await closed;
  });

  test('waits for a quiet moment on a busy connection', async () => {
    const test = await startAgent();
    const client = await test.open();
    const quietMs = 400;
    const closed = test.agent.close({ quietMs });
    for (let streamId = 1; streamId < 40; streamId += 2) {
      client.notify(streamId);
      await client.ack();
      await delay(quietMs / 20);
    }
    await part(client);
    await closed;
  });

  test('a connection that spoke a moment ago is not quiet yet', async () => {
    const test = await startAgent();
    const client = await test.open();
    // The agent's clock is as old as it gets when it is asked to close.
    const clock = await test.open();
    await delay(150);
    clock.notify(1);
    await clock.ack();
    const closing = performance.now();
    const closed = test.agent.close({ quietMs: 150 });
    await part(clock);
    expect(performance.now() - closing).toBeGreaterThan(140);
    await part(client);
    await closed;
  });

  test('cuts a busy connection in the end: empty ACKs for what is in flight', async () => {
    const { test, gates } = await gated();
    const client = await test.open();
    client.notify(1, 3);
    await until('the handlers to run', () => gates.size === 2);
    const closed = test.agent.close({ timeoutMs: 20 });
    expect(await client.acks(2)).toMatchObject([
      { streamId: 1, actions: [] },
      { streamId: 3, actions: [] },
    ]);
    await part(client);
    await closed;
    // They end for nobody.
    for (const gate of gates.values()) gate.resolve();
    await Promise.resolve();
    expect(test.log.loud).toEqual([]);
  });

  test('actions that were set before the cut are taken back', async () => {
    const test = await startAgent(async (request) => {
      request.setVar('session', 'half', 1);
      await new Promise(() => undefined);
    });
    const client = await test.open();
    client.notify(1);
    await until('the answer to be in flight', () => test.agent.connections === 1);
    const closed = test.agent.close({ timeoutMs: 20 });
    expect((await client.ack()).actions).toEqual([]);
    await part(client);
    await closed;
  });

  test('who has said how answers without its handler, and is told why', async () => {
    const reasons: unknown[] = [];
    const test = await startAgent(async (request) => {
      request.setVar('session', 'half', 1);
      request.answerWith({
        write: (notify, rejected, value) => {
          reasons.push([rejected, value]);
          notify.setVar('session', 'id', request.streamId);
        },
        writeUnfinished: (notify, { code }) => {
          reasons.push(code);
          notify.setVar('session', 'id', request.streamId);
        },
        dropped: () => reasons.push('dropped'),
      });
      if (request.streamId === 1) await new Promise(() => undefined);
      return 'value';
    });
    const client = await test.open();
    client.notify(1, 3);
    expect(await client.ack()).toMatchObject({ streamId: 3, actions: [{ name: 'half' }, { name: 'id', value: 3 }] });
    const closed = test.agent.close({ timeoutMs: 20 });
    expect(await client.ack()).toMatchObject({ streamId: 1, actions: [{ name: 'half' }, { name: 'id', value: 1 }] });
    expect(reasons).toEqual([[false, 'value'], 'SPOA_AGENT_CLOSED']);
    await part(client);
    await closed;
  });

  test('all of very many that are in flight, with as much as there is to say', async () => {
    const test = await startAgent((request) => {
      const write = (): void => request.setVar('session', 'text', 'x'.repeat(600));
      request.answerWith({ write, writeUnfinished: write, dropped: () => undefined });
      return new Promise(() => undefined);
    });
    const client = await test.open(OLD_HELLO);
    client.notify(...Array.from({ length: 500 }, (_, i) => 2 * i + 1));
    await until('the handlers to run', () => test.agent.counts.inFlight === 500);
    const closed = test.agent.close({ timeoutMs: 20 });
    const acks = await client.acks(500);
    expect(acks.map(({ streamId }) => streamId)).toEqual(Array.from({ length: 500 }, (_, i) => 2 * i + 1));
    expect(new Set(acks.map(({ actions }) => JSON.stringify(actions))).size).toBe(1);
    expect(acks[0]?.actions).toMatchObject([{ name: 'text', value: 'x'.repeat(600) }]);
    await part(client);
    await closed;
  });

  test('a connection that is never quiet ends behind an ACK that leaves nothing unanswered', async () => {
    const test = new TestAgent(async (request) => {
      await delay(10);
      request.setVar('session', 'id', request.streamId);
    });
    const { client, writes } = test.pair();
    await client.hello();
    const closed = test.agent.close({ timeoutMs: 2_000, quietMs: 1_000 });
    for (let streamId = 1; !client.frames.some(({ type }) => type === FrameType.AGENT_DISCONNECT); streamId += 2) {
      client.notify(streamId);
      expect(await client.ack()).toMatchObject({ streamId, actions: [{ value: streamId }] });
    }
    await part(client);
    await closed;
    expect(writes.at(-1)?.[4]).toBe(FrameType.ACK);
  });

  test('a connection that is never quiet is cut at the time-out', async () => {
    const test = await startAgent();
    const client = await test.open();
    const closed = test.agent.close({ timeoutMs: 100, quietMs: 60_000 });
    await part(client);
    await closed;
  });

  test('a peer that does not go is cut after closeTimeoutMs', async () => {
    const test = await startAgent(undefined, { closeTimeoutMs: 20 });
    const client = await test.connect();
    (client.duplex as Socket).allowHalfOpen = true;
    await client.hello();
    await test.agent.close({ quietMs: 1 });
    expect(test.agent.connections).toBe(0);
  });

  test('a connection that has said nothing goes too', async () => {
    const test = await startAgent();
    const client = await test.connect();
    await until('the connection to be there', () => test.agent.connections === 1);
    const closed = test.agent.close({ quietMs: 1 });
    await part(client);
    await closed;
  });

  test('a peer whose goodbye waits for handlers gets their answers', async () => {
    const { test, gates } = await gated();
    const client = await test.open();
    client.notify(1);
    const bye = client.bye().catch(() => undefined);
    await until('the goodbye to be read', () =>
      test.log.lines.some(({ message }) => message === 'HAProxy disconnects'),
    );
    const closed = test.agent.close({ quietMs: 1 });
    gates.get(1)?.resolve();
    await bye;
    expect((await client.disconnect()).message).toBe('normal');
    client.duplex.end();
    await closed;
  });

  test('listeners refuse at once, while connections are still served', async () => {
    const { test, gates } = await gated();
    const client = await test.open();
    client.notify(1);
    await until('the handler to run', () => gates.size === 1);
    const [address] = test.agent.addresses;
    const closed = test.agent.close({ quietMs: 10 });
    const late = connect(address as { port: number });
    const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
    gates.get(1)?.resolve();
    await client.ack();
    await part(client);
    await closed;
  });

  test('a second call waits for the same end', async () => {
    const { test, gates } = await gated();
    const client = await test.open();
    client.notify(1);
    await until('the handler to run', () => gates.size === 1);
    const ends: string[] = [];
    const first = test.agent.close({ quietMs: 10 }).then(() => ends.push('first'));
    const second = test.agent.close({ timeoutMs: 0 }).then(() => ends.push('second'));
    expect(ends).toEqual([]);
    gates.get(1)?.resolve();
    await client.ack();
    expect(ends).toEqual([]);
    await part(client);
    await Promise.all([first, second]);
    expect(ends).toEqual(['first', 'second']);
    await test.agent.close();
  });

  test('await using closes', async () => {
    const client = await (async () => {
      const test = await startAgent();
      await using agent = test.agent;
      const client = await test.open();
      client.notify(1);
      await client.ack();
      void part(client);
      expect(agent.connections).toBe(1);
      return client;
    })();
    await until('the end', () => client.ended);
  });

  test('afterwards nothing can be listened on or handled', async () => {
    const test = await startAgent();
    await test.agent.close();
    await expect(test.agent.listen({ port: 0 })).rejects.toMatchObject({ code: 'SPOA_AGENT_CLOSED' });
    expect(() => test.pair()).toThrow(expect.objectContaining({ code: 'SPOA_AGENT_CLOSED' }));
  });

  test('the file of a unix socket goes', async () => {
    const path = join(temporaryFolder(), 'agent.sock');
    const test = new TestAgent(() => undefined);
    await test.agent.listen({ path });
    expect(existsSync(path)).toBe(true);
    await test.agent.close();
    expect(existsSync(path)).toBe(false);
  });

  test('in the middle of a listen: that one fails, and nothing stays open', async () => {
    const path = join(temporaryFolder(), 'agent.sock');
    const test = new TestAgent(() => undefined);
    const listening = test.agent.listen({ path });
    const closed = test.agent.close();
    await expect(listening).rejects.toMatchObject({ code: 'SPOA_AGENT_CLOSED' });
    await closed;
    expect(existsSync(path)).toBe(false);
    expect(test.agent.addresses).toEqual([]);
  });

  test('leaves no handle behind', async () => {
    const before = handles();
    const test = await startAgent(async () => undefined);
    await test.agent.listen({ path: join(temporaryFolder(), 'agent.sock') });
    const clients = await Promise.all([test.open(), test.open(), test.open()]);
    for (const client of clients) client.notify(1);
    await Promise.all(clients.map((client) => client.ack()));
    const closed = test.agent.close({ quietMs: 1 });
    await Promise.all(clients.map(part));
    await closed;
    await until('the handles to be gone', () => handles() <= before);
  });
});

describe('S2-10 one connection without a listener', () => {
  test('is served, and ends with the agent that is returned', async () => {
    const [agentSide, clientSide] = duplexPair();
    const agent = handleConnection(agentSide, (request) => request.setVar('session', 'x', request.peer.transport));
    const client = new RawClient(clientSide);
    await client.hello();
    client.notify(1);
    expect((await client.ack()).actions).toMatchObject([{ value: 'stream' }]);
    expect(agent.addresses).toEqual([]);
    const closed = agent.close({ quietMs: 1 });
    await part(client);
    await closed;
    expect(agentSide.destroyed).toBe(true);
  });

  test('handleConnection takes a socket that somebody else has accepted', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const test = new TestAgent(() => undefined);
    const client = test.client(connect(server.address() as { port: number }));
    const [socket] = await accepted;
    server.close();
    const agent = handleConnection(socket, (request) => request.setVar('session', 'x', request.peer.transport));
    await client.hello();
    client.notify(1);
    expect((await client.ack()).actions).toMatchObject([{ value: 'tcp' }]);
    expect(agent.connections).toBe(1);
    const closed = agent.close({ quietMs: 1 });
    await part(client);
    await closed;
  });

  test('a socket that is still being connected', async () => {
    const test = new TestAgent((request) => request.setVar('session', 'x', request.peer.transport));
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const socket = connect(server.address() as { port: number });
    test.agent.handleConnection(socket);
    const [[other]] = await Promise.all([accepted]);
    server.close();
    const client = test.client(other);
    client.send(encodeHaproxyHello(HELLO), notify(1));
    await client.agentHello();
    expect((await client.ack()).actions).toMatchObject([{ value: 'tcp' }]);
  });

  test('one that is destroyed already is not taken', async () => {
    const test = new TestAgent(() => undefined);
    const socket = connect(1, '127.0.0.1').on('error', () => undefined);
    socket.destroy();
    await once(socket, 'close');
    test.agent.handleConnection(socket);
    expect(test.agent.connections).toBe(0);
    await within('the end', test.agent.close());
  });

  test('one that fails to connect ends quietly', async () => {
    const test = new TestAgent(() => undefined);
    test.agent.handleConnection(connect(1, '127.0.0.1'));
    await until('the connection to be gone', () => test.agent.connections === 0);
    expect(test.log.loud).toEqual([]);
  });

  test('ends a duplex that does not tell when it has closed', async () => {
    const test = new TestAgent(() => undefined, { closeTimeoutMs: 0 });
    const mute = new Duplex({ emitClose: false, read: () => undefined, write: (_chunk, _encoding, done) => done() });
    test.agent.handleConnection(mute);
    await within('the end of the agent', test.agent.close({ timeoutMs: 0, quietMs: 0 }));
    expect(test.agent.connections).toBe(0);
    expect(mute.destroyed).toBe(true);
  });
});

/** What keeps a process alive, as far as sockets go. */
function handles(): number {
  return process.getActiveResourcesInfo().filter((name) => /TCP|Pipe|TLS/.test(name)).length;
}
