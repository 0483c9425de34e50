import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import {
  type Agent,
  createAgent,
  type DiagnosticChannelName,
  encodeHaproxyHello,
  FrameType,
  NotifyContext,
  type NotifyFailedEvent,
} from '../../src/index.ts';
import { observe, recordEvents } from './support/observe.ts';
import { HELLO, message, notify, rawFrame } from './support/raw-client.ts';
import { startAgent, type TestAgent } from './support/test-agent.ts';
import { deferred, until } from './support/until.ts';

const SOURCE = readFileSync(new URL('../../src/agent/diagnostics.ts', import.meta.url), 'utf8');
const PAGE = readFileSync(new URL('../../../../docs/diagnostics-channels.md', import.meta.url), 'utf8');
const PUBLISHED = [...SOURCE.matchAll(/typed\('(spoa:[a-z:]+)'\)/g)].map(([, name]) => name as DiagnosticChannelName);

/** An agent whose events are recorded from its first on. */
async function startObserved(...args: Parameters<typeof startAgent>): Promise<{
  test: TestAgent;
  events: ReturnType<typeof recordEvents>;
  names: () => string[];
}> {
  let agent: Agent | undefined;
  const events = recordEvents(() => agent as Agent, ...PUBLISHED);
  const test = await startAgent(...args);
  agent = test.agent;
  return { test, events, names: () => events.map(({ name }) => name.slice('spoa:'.length)) };
}

const BROKEN_NOTIFY = rawFrame(FrameType.NOTIFY, Buffer.from([5, 0x6d]), { streamId: 1, frameId: 1 });

describe('the documentation', () => {
  test('has a row for each channel, and no other', () => {
    const documented = [...PAGE.matchAll(/^\| `(spoa:[a-z:]+)` \|/gm)].map(([, name]) => name);
    expect(documented.sort()).toEqual([...PUBLISHED].sort());
    expect(PUBLISHED).toHaveLength(14);
  });

  test('names the fields of each event', () => {
    const rows = new Map([...PAGE.matchAll(/^\| `(spoa:[a-z:]+)` \|[^|]*\|([^|]*)\|/gm)].map(([, a, b]) => [a, b]));
    for (const name of PUBLISHED) {
      const event = new RegExp(`'${name}': (\\w+);`).exec(SOURCE)?.[1] as string;
      if (event === 'NotifyContext') expect(rows.get(name)).toContain('`NotifyContext`');
      else expect(fieldsIn(rows.get(name) as string), name).toEqual(fieldsOf(event));
    }
  });
});

function fieldsIn(cell: string): string[] {
  return [...cell.matchAll(/`(\w+)`/g)].map(([, field]) => field as string).sort();
}

function fieldsOf(event: string): string[] {
  const [, parent, body] = new RegExp(`interface ${event} (?:extends (\\w+) )?\\{(.*?)\\n\\}`, 's').exec(SOURCE) ?? [];
  const own = [...(body as string).matchAll(/readonly (\w+)\??:/g)].map(([, field]) => field as string);
  return [...(parent === undefined ? [] : fieldsOf(parent)), ...own].sort();
}

test('a connection that lives well: opened, greeted, asked, ended', async () => {
  const { test, events, names } = await startObserved((request) => request.setVar('session', 'a', 1));
  const client = await test.open();
  client.notify(1);
  await client.ack();
  await client.bye(0, 'bye');
  await until('the end', () => test.agent.connections === 0);
  expect(names()).toEqual([
    'connection:open',
    'connection:hello',
    'notify:start',
    'notify:end',
    'connection:disconnect',
    'connection:close',
  ]);
  const [, hello, start, end, disconnect] = events.map(({ event }) => event);
  expect(hello).toMatchObject({ healthcheck: false, maxFrameSize: 16380, connection: { engineId: HELLO.engineId } });
  expect(start).toBe(end);
  expect(disconnect).toMatchObject({ status: 0, message: 'bye' });
});

test('a NOTIFY can be read at its start, knows when it came, and is settled at its end', async () => {
  const seen: unknown[] = [];
  const test = await startAgent(() => Promise.resolve());
  const before = performance.now();
  const own = (context: NotifyContext): boolean => context.connection.agent === test.agent;
  observe('spoa:notify:start', (context) => {
    if (own(context)) seen.push(context.messages.get('who')?.get('name'), context.settled);
  });
  observe('spoa:notify:end', (context) => {
    if (own(context)) seen.push(context.settled, context.observedAt >= before);
  });
  const client = await test.open();
  client.send(notify(7, [message('who', [['name', 'x']])]));
  await client.ack();
  expect(seen).toEqual(['x', false, true, true]);
});

test('nobody is told of the end of a NOTIFY whose start was not observed', async () => {
  const gate = deferred();
  const contexts: NotifyContext[] = [];
  const test = await startAgent((context) => {
    contexts.push(context);
    return gate.promise;
  });
  const client = await test.open();
  client.notify(1);
  await until('the NOTIFY', () => contexts.length === 1);
  expect(contexts[0]?.observedAt).toBe(0);
  const events = recordEvents(() => test.agent, 'spoa:notify:end');
  gate.resolve();
  await client.ack();
  expect(events).toEqual([]);
});

test.each([
  ['throws', () => { throw new Error('broken'); }], // biome-ignore format: one line each
  ['rejects', () => Promise.reject(new Error('broken'))],
])('a handler that %s', async (_, handler) => {
  const { test, events, names } = await startObserved(handler);
  const client = await test.open();
  client.notify(3);
  await client.ack();
  expect(names().slice(2)).toEqual(['notify:start', 'notify:failed', 'notify:end']);
  expect(events[3]?.event).toMatchObject({ notify: { streamId: 3 }, error: { message: 'broken' } });
  expect((events[3]?.event as NotifyFailedEvent | undefined)?.notify).toBeInstanceOf(NotifyContext);
});

test('a NOTIFY that cannot be read is rejected, and never starts', async () => {
  const { test, events, names } = await startObserved();
  const client = await test.open();
  client.send(BROKEN_NOTIFY);
  await client.ack();
  expect(names().slice(2)).toEqual(['notify:rejected']);
  expect(events[2]?.event).toMatchObject({ streamId: 1, frameId: 1, error: { code: 'SPOA_TRUNCATED' } });
});

test('a NOTIFY that nobody waits for any more', async () => {
  const { test, events, names } = await startObserved(() => new Promise(() => undefined));
  const client = await test.open();
  client.notify(1);
  await until('the NOTIFY', () => names().includes('notify:start'));
  await client.destroy();
  await until('the end', () => test.agent.connections === 0);
  expect(names().slice(2)).toEqual(['notify:start', 'notify:abandoned', 'notify:end', 'connection:close']);
  expect(events[3]?.event).toMatchObject({ notify: { settled: true }, reason: { code: 'SPOA_DISCONNECTED' } });
});

test.each([
  ['GET / HTTP/1.1\r\n\r\n', 'SPOA_NOT_SPOP'],
  [rawFrame(FrameType.NOTIFY), 'SPOA_FRAME_UNEXPECTED'],
])('a peer that breaks the rules is told of with a code: %#', async (bytes, code) => {
  const { test, events, names } = await startObserved();
  const client = await test.connect();
  client.send(Buffer.from(bytes));
  await until('the end', () => client.ended || client.closed);
  expect(names().slice(0, 2)).toEqual(['connection:open', 'connection:rejected']);
  expect(events[1]?.event).toMatchObject({ code, connection: { peer: { transport: 'tcp' } } });
});

test('a peer that says nothing in time', async () => {
  const { test, events, names } = await startObserved(undefined, { helloTimeoutMs: 20 });
  const client = await test.connect();
  await until('the end', () => client.ended || client.closed);
  expect(names()).toContain('connection:rejected');
  expect(events[1]?.event).toMatchObject({ code: 'SPOA_HELLO_TIMEOUT' });
});

test('a health check, and a connection too many', async () => {
  const { test, events, names } = await startObserved(undefined, { maxConnections: 1 });
  const check = await test.connect();
  check.send(encodeHaproxyHello({ ...HELLO, healthcheck: true }));
  await until('the answer', () => check.ended || check.closed);
  await until('its end', () => test.agent.connections === 0);
  expect(names()).toEqual(['connection:open', 'connection:hello', 'connection:close']);
  expect(events[1]?.event).toMatchObject({ healthcheck: true });
  await test.open();
  const third = await test.connect();
  await until('the refusal', () => third.ended || third.closed);
  expect(events.at(-1)).toMatchObject({ name: 'spoa:connection:refused', event: { reason: 'limit' } });
});

test('an agent listens, closes and is closed', async () => {
  let agent: Agent | undefined;
  const events = recordEvents(() => agent as Agent, 'spoa:agent:listening', 'spoa:agent:closing', 'spoa:agent:closed');
  agent = createAgent(() => undefined);
  const address = await agent.listen({ port: 0 });
  await agent.close();
  expect(events).toEqual([
    { name: 'spoa:agent:listening', event: { agent, address } },
    { name: 'spoa:agent:closing', event: { agent } },
    { name: 'spoa:agent:closed', event: { agent } },
  ]);
});

describe('counts', () => {
  test('are exact, over connections that are open and closed', async () => {
    const gate = deferred();
    const test = await startAgent(({ streamId }) => (streamId === 9 ? gate.promise : undefined));
    const zero = { connections: 0, frames: 0, notifies: 0, inFlight: 0, bytesReceived: 0, bytesSent: 0 };
    expect(test.agent.counts).toEqual(zero);
    const first = await test.open();
    first.notify(1, 3);
    first.send(BROKEN_NOTIFY);
    await first.acks(3);
    await first.bye();
    await until('its end', () => test.agent.connections === 0);
    const received = bytesOf(encodeHaproxyHello(HELLO), notify(1), notify(3), BROKEN_NOTIFY) + 0;
    const { bytesReceived, bytesSent, ...counts } = test.agent.counts;
    expect(counts).toEqual({ connections: 1, frames: 5, notifies: 3, inFlight: 0 });
    expect(bytesReceived).toBe((first.duplex as ReturnType<typeof connect>).bytesWritten);
    expect(bytesReceived).toBeGreaterThan(received);
    expect(bytesSent).toBe(first.chunkSizes.reduce((a, b) => a + b));
    const second = await test.open();
    second.notify(9, 1);
    await second.ack();
    expect(test.agent.counts).toMatchObject({ connections: 2, frames: 8, notifies: 5, inFlight: 1 });
    gate.resolve();
    await second.ack();
    expect(test.agent.counts).toMatchObject({ inFlight: 0 });
  });
});

function bytesOf(...buffers: readonly Uint8Array[]): number {
  return buffers.reduce((total, { length }) => total + length, 0);
}
