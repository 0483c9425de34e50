import { spawn } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { existsSync, linkSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { encodeHaproxyHello, type ListenTarget, SpoaError } from '../../src/index.ts';
import { selfSigned } from './support/certificate.ts';
import { ChildAgent } from './support/child.ts';
import { HELLO, RawClient } from './support/raw-client.ts';
import { startAgent, TestAgent } from './support/test-agent.ts';
import { TRANSPORTS, temporaryFolder } from './support/transports.ts';
import { until } from './support/until.ts';

const agentOf = (): TestAgent => new TestAgent((request) => request.setVar('session', 'x', request.peer.transport));
const socketPath = (): string => join(temporaryFolder(), 'agent.sock');

async function failure(listening: Promise<unknown>): Promise<SpoaError> {
  const error = await listening.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SpoaError);
  expect((error as SpoaError).code).toBe('SPOA_LISTEN_FAILED');
  return error as SpoaError;
}

async function answers(client: RawClient): Promise<void> {
  await client.hello();
  client.notify(1);
  await client.ack();
}

describe('S2-01 where an agent listens', () => {
  test('several addresses at once', async () => {
    const test = agentOf();
    const path = socketPath();
    const v4 = await test.agent.listen({ port: 0 });
    const v6 = await test.agent.listen({ port: 0, host: '::1' });
    const unix = await test.agent.listen({ path });
    expect(v4).toMatchObject({ address: '127.0.0.1', family: 'IPv4' });
    expect(v6).toMatchObject({ address: '::1', family: 'IPv6' });
    expect(unix).toEqual({ path });
    expect(test.agent.addresses).toEqual([v4, v6, unix]);
    for (const [address, transport] of [
      [v4, 'tcp'],
      [v6, 'tcp'],
      [unix, 'unix'],
    ] as const) {
      const client = test.client('path' in address ? connect(address.path) : connect(address.port, address.address));
      await client.hello();
      client.notify(1);
      expect((await client.ack()).actions).toMatchObject([{ value: transport }]);
    }
  });

  test('an IPv6 socket takes IPv4 too, unless it is told not to', async () => {
    const test = agentOf();
    const address = await test.agent.listen({ port: 0, host: '::' });
    if ('path' in address) throw new Error('no TCP address');
    await answers(test.client(connect(address.port, '127.0.0.1')));
    const only = await test.agent.listen({ port: 0, host: '::', ipv6Only: true });
    if ('path' in only) throw new Error('no TCP address');
    const [error] = (await once(connect(only.port, '127.0.0.1'), 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
  });

  test.each([0o600, 0o660, 0o666])('a unix socket with mode %o', async (mode) => {
    const path = socketPath();
    await agentOf().agent.listen({ path, mode });
    expect(statSync(path).mode & 0o777).toBe(mode);
  });

  test('a server that listens later', async () => {
    const test = agentOf();
    const server = createServer();
    await test.agent.listen({ server });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    await answers(test.client(connect(server.address() as { port: number })));
  });

  test('a server that never listened is given back', async () => {
    const test = agentOf();
    const server = createServer();
    await test.agent.listen({ server });
    await test.agent.close();
    expect(server.listenerCount('connection')).toBe(0);
  });

  test.each(TRANSPORTS.filter(({ peer }) => peer === 'tcp'))(
    'small answers are not held back over $name',
    async (transport) => {
      const setNoDelay = vi.spyOn(Socket.prototype, 'setNoDelay');
      onTestFinished(() => setNoDelay.mockRestore());
      const test = agentOf();
      const dial = await transport.start(test);
      await answers(test.client(await dial()));
      const accepted = setNoDelay.mock.contexts.filter((socket) => Boolean((socket as { server?: Server }).server));
      expect(accepted).toHaveLength(1);
    },
  );

  test('a connection that cannot be accepted is a line in the log', async () => {
    const servers: Server[] = [];
    const spy = (published: unknown): void =>
      void servers.push((published as { socket: { server: Server } }).socket.server);
    subscribe('net.server.socket', spy);
    onTestFinished(() => void unsubscribe('net.server.socket', spy));
    const test = await startAgent();
    const client = await test.open();
    // What Node does when the kernel has no memory for one.
    servers[0]?.emit('error', Object.assign(new Error('accept ENOBUFS'), { code: 'ENOBUFS' }));
    expect(test.log.loud).toMatchObject([{ level: 'error', facts: { err: { code: 'ENOBUFS' } } }]);
    client.notify(1);
    await client.ack();
    await answers(await test.connect());
  });

  test('a handle that somebody else has opened, such as systemd', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address() as { port: number };
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
    const child = await ChildAgent.start('fd', { fd });
    await until('the agent to listen', () => child.output.includes('listening'));
    // From now on it is the agent's alone.
    server.close();
    expect(child.output).toContain(`"port":${address.port}`);
    const client = new RawClient(connect(address));
    await client.hello();
    client.notify(1);
    expect((await client.ack()).actions).toMatchObject([{ value: child.process.pid }]);
    await client.bye();
    client.duplex.end();
    child.process.kill('SIGTERM');
    expect(await child.ended()).toBe(0);
  });
});

describe('an address that cannot be listened on', () => {
  test('a port that is taken', async () => {
    const first = await startAgent();
    const [address] = first.agent.addresses;
    if (address === undefined || 'path' in address) throw new Error('no TCP address');
    const error = await failure(agentOf().agent.listen({ port: address.port }));
    expect(error.message).toBe(
      `cannot listen on 127.0.0.1:${address.port} (EADDRINUSE): something else listens there: stop it or choose another address`,
    );
    expect(error.cause).toMatchObject({ code: 'EADDRINUSE' });
    expect(error.status).toBe(1);
  });

  test.each([
    ['an address of another machine', { port: 0, host: '192.0.2.1' }, 'EADDRNOTAVAIL', 'no interface'],
    ['a name that means nothing', { port: 0, host: 'nothing.invalid' }, 'nothing.invalid', ''],
    ['a folder that is not there', { path: '/nonexistent/agent.sock' }, 'EACCES', 'a folder that exists'],
    ['a path that is too long', { path: `/tmp/${'x'.repeat(200)}` }, 'ENAMETOOLONG', 'may have 107 bytes'],
    ['a port that is none', { port: 65_536 }, 'ERR_SOCKET_BAD_PORT', ''],
    ['a handle that is none', { fd: 999_999 }, 'the handle', ''],
    ['a certificate that is none', { port: 0, tls: { key: 'x', cert: 'y' } }, '127.0.0.1:0', ''],
  ] as [string, ListenTarget, string, string][])('%s', async (_, target, code, remedy) => {
    const test = agentOf();
    const { message } = await failure(test.agent.listen(target));
    expect(message).toContain(code);
    expect(message).toContain(remedy);
    expect(test.agent.addresses).toEqual([]);
  });

  test('a mode that is none leaves nothing behind', async () => {
    const path = socketPath();
    await failure(agentOf().agent.listen({ path, mode: -1 }));
    expect(existsSync(path)).toBe(false);
  });

  test('after a failure another address can be tried', async () => {
    const test = agentOf();
    await failure(test.agent.listen({ port: 0, host: '192.0.2.1' }));
    await test.agent.listen({ port: 0 });
    await answers(await test.connect());
  });
});

describe('the file of a unix socket', () => {
  /** What a process that was killed leaves behind. */
  async function deadSocket(): Promise<string> {
    const folder = temporaryFolder();
    const [alive, dead] = [join(folder, 'alive.sock'), join(folder, 'dead.sock')];
    const server = createServer().listen(alive);
    await once(server, 'listening');
    linkSync(alive, dead);
    server.close();
    await once(server, 'close');
    expect(statSync(dead).isSocket()).toBe(true);
    return dead;
  }

  test('is replaced when nobody listens on it', async () => {
    const test = agentOf();
    const path = await deadSocket();
    await test.agent.listen({ path });
    await answers(test.client(connect(path)));
  });

  test('is left alone when somebody does', async () => {
    const first = agentOf();
    const path = socketPath();
    await first.agent.listen({ path });
    const error = await failure(agentOf().agent.listen({ path }));
    expect(error.message).toContain(`cannot listen on ${path} (EADDRINUSE)`);
    await answers(first.client(connect(path)));
  });

  test('is left alone when somebody does who is too busy to answer', async () => {
    const path = socketPath();
    const server = await stuckServer(path);
    const error = await failure(agentOf().agent.listen({ path }));
    expect(error.message).toContain('EADDRINUSE');
    expect(existsSync(path)).toBe(true);
    server();
  });

  test('is left alone when it is no socket', async () => {
    const path = socketPath();
    writeFileSync(path, 'precious');
    await failure(agentOf().agent.listen({ path }));
    expect(readFileSync(path, 'utf8')).toBe('precious');
  });
});

describe('TLS', () => {
  const tls = selfSigned();

  async function startTls(options: ConstructorParameters<typeof TestAgent>[1] = {}): Promise<TestAgent> {
    const test = new TestAgent(() => undefined, options);
    await test.agent.listen({ port: 0, tls });
    return test;
  }

  async function secure(test: TestAgent): Promise<RawClient> {
    const [address] = test.agent.addresses as { port: number }[];
    return test.client(
      connectTls({ port: address?.port ?? 0, host: '127.0.0.1', ca: tls.cert, servername: 'localhost' }),
    );
  }

  test.each([
    ['SPOP in the clear', encodeHaproxyHello(HELLO)],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['random bytes', Buffer.alloc(100, 0xa5)],
  ])('%s on its port is closed with one line in the log', async (_, sent) => {
    const test = await startTls();
    const client = await test.connect();
    client.send(sent);
    await until('the end', () => client.ended || client.closed);
    expect(client.frames).toEqual([]);
    expect(test.log.loud).toMatchObject([
      {
        level: 'warn',
        message: 'TLS handshake failed: closed',
        facts: { peer: { transport: 'tcp', address: '127.0.0.1' } },
      },
    ]);
    await answers(await secure(test));
  });

  test('a client that does not trust us is a line in the log', async () => {
    const test = await startTls();
    const [address] = test.agent.addresses as { port: number }[];
    const client = test.client(connectTls({ port: address?.port ?? 0, host: '127.0.0.1' }));
    await until('the end', () => client.closed);
    expect(client.error?.code).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    await answers(await secure(test));
  });

  test('a handshake that never comes ends after helloTimeoutMs', async () => {
    const test = await startTls({ helloTimeoutMs: 50 });
    const client = await test.connect();
    await until('the end', () => client.ended || client.closed);
    expect(test.log.loud).toMatchObject([{ level: 'warn', message: 'TLS handshake failed: closed' }]);
  });

  test('a peer that goes in mid-handshake is nothing to worry about', async () => {
    const test = await startTls();
    for (const end of ['resetAndDestroy', 'destroy', 'end'] as const) {
      const client = await test.connect();
      (client.duplex as Socket)[end]();
      await until('the end', () => client.closed);
    }
    await answers(await secure(test));
    expect(test.log.loud).toEqual([]);
  });

  test('a handshake under way when the agent closes is let finish, and the connection goes', async () => {
    const test = await startTls();
    const [address] = test.agent.addresses as { port: number }[];
    const raw = connect(address?.port ?? 0, '127.0.0.1');
    await once(raw, 'connect');
    await until('it to be accepted', () => raw.bytesWritten === 0 && raw.readyState === 'open');
    // The agent has accepted when it answers another.
    await answers(await secure(test));
    const closed = test.agent.close({ timeoutMs: 50 });
    const client = test.client(connectTls({ socket: raw, ca: tls.cert, servername: 'localhost' }));
    await until('the end', () => client.ended || client.closed);
    await closed;
  });
});

describe('a process', () => {
  test('ends when its agent is closed', async () => {
    const child = await ChildAgent.start('port');
    await until('the agent to listen', () => child.output.includes('listening'));
    const { port } = JSON.parse(child.output.split('listening ')[1] as string) as { port: number };
    const client = new RawClient(connect(port, '127.0.0.1'));
    await answers(client);
    child.process.kill('SIGTERM');
    expect((await client.disconnect()).message).toBe('the agent is closing');
    client.duplex.end();
    expect(await child.ended()).toBe(0);
    expect(child.output).toContain('closed');
  });

  test('survives that it runs out of file descriptors', async () => {
    const child = await ChildAgent.start('port', { maxFiles: 40 });
    await until('the agent to listen', () => child.output.includes('listening'));
    const { port } = JSON.parse(child.output.split('listening ')[1] as string) as { port: number };
    const many = Array.from({ length: 100 }, () => new RawClient(connect(port, '127.0.0.1')));
    for (const client of many) client.send(encodeHaproxyHello(HELLO));
    await until('some to be served', () => many.some(({ frames }) => frames.length > 0));
    const served = many.find(({ frames }) => frames.length > 0) as RawClient;
    served.notify(1);
    await until('the answer', () => served.frames.length === 2);
    await Promise.all(many.map((client) => client.destroy()));
    // It takes a moment until it has noticed that they are gone.
    let late: RawClient;
    do {
      late = new RawClient(connect(port, '127.0.0.1'));
      late.send(encodeHaproxyHello(HELLO));
      const { frames } = late;
      await until('an answer or the end', () => frames.length > 0 || late.ended || late.closed);
    } while (late.frames.length === 0 && child.process.exitCode === null);
    expect(child.process.exitCode).toBe(null);
    await late.destroy();
  });
});

/** A process that listens and is too busy to accept; its backlog is full. The result ends it. */
async function stuckServer(path: string): Promise<() => void> {
  const program = `require('node:net').createServer().listen({ path: ${JSON.stringify(path)}, backlog: 1 }, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  child.kill('SIGSTOP');
  const waiting: Socket[] = [];
  let refused = false;
  while (!refused) {
    const socket = connect(path);
    waiting.push(socket);
    refused = await Promise.race([
      once(socket, 'connect').then(() => false),
      once(socket, 'error').then(([error]) => (error as NodeJS.ErrnoException).code === 'EAGAIN'),
    ]).catch(() => true);
  }
  return () => {
    for (const socket of waiting) socket.destroy();
  };
}
