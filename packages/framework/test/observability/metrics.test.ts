import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connectEngine, type Engine, encodeFrame, FrameFlag, FrameType, healthcheck, int64 } from '@spoa/core';
import { expect, onTestFinished, test } from 'vitest';
import { Arg, Context, type NotifyContext, SetVar, SpoaApplication, SpoeMessage } from '../../src/index.ts';
import { Observability } from '../../src/observability/index.ts';
import { deferred } from '../support/deferred.ts';
import { RecordedLog } from '../support/recorded-log.ts';
import { message } from '../support/test-application.ts';
import { scrape, scrapeUntil } from './support.ts';

@SpoeMessage('sync')
class SyncController {
  @SetVar('double', { scope: 'session' })
  handle(@Arg('n') n: number): number {
    if (n < 0) throw new Error('negative');
    return n * 2;
  }
}

@SpoeMessage('async')
class AsyncController {
  @SetVar('later', { scope: 'session' })
  async handle(@Arg('n') n: number): Promise<number> {
    await Promise.resolve();
    if (n < 0) throw new Error('negative');
    return n;
  }
}

@SpoeMessage('bad-result')
class BadResultController {
  @SetVar('half', { scope: 'session' })
  handle(): number {
    return 0.5;
  }
}

let gate = deferred<void>();

@SpoeMessage('slow')
class SlowController {
  @SetVar('slow', { scope: 'session' })
  async handle(@Context() notify: NotifyContext): Promise<number> {
    await gate.promise;
    return notify.streamId;
  }
}

@SpoeMessage('limited', { deadlineMs: 20 })
class LimitedController {
  @SetVar('limited', { scope: 'session' })
  async handle(): Promise<number> {
    await gate.promise;
    return 1;
  }
}

const controllers = [SyncController, AsyncController, BadResultController, SlowController, LimitedController];

interface Started {
  readonly app: SpoaApplication;
  readonly observability: Observability;
  readonly port: number;
  connect(): Promise<Engine>;
}

async function start(options: { maxConnections?: number } = {}): Promise<Started> {
  gate = deferred<void>();
  const observability = new Observability({ admin: { port: 0 } });
  const log = new RecordedLog();
  const app = await SpoaApplication.create({ controllers, observability, logger: log.logger, ...options });
  onTestFinished(() => app.close({ timeoutMs: 0, quietMs: 0 }));
  const address = await app.listen({ port: 0 });
  const { port } = address as { port: number };
  const open = async (): Promise<Engine> => {
    const engine = await connectEngine({ port }, { capabilities: ['pipelining', 'async'] });
    onTestFinished(() => engine.destroy());
    return engine;
  };
  return { app, observability, port, connect: open };
}

const outcome = (name: string, what: string): string => `spoa_messages_total{message="${name}",outcome="${what}"}`;

test('messages by name and outcome are counted exactly', async () => {
  const { observability, connect } = await start();
  const engine = await connect();
  for (const n of [1, 2, -1]) {
    await engine.notify([message('sync', ['n', int64(n)]), message('async', ['n', int64(n)])]);
    await engine.notify([message('async', ['n', int64(n)])]);
  }
  await engine.notify([message('bad-result')]);
  await engine.notify([message('stranger'), message('sync', ['n', int64(1)]), message('also "strange"\n')]);
  await engine.notify([]);
  const series = await scrape(observability);
  const counted = [...series].filter(([name, value]) => name.startsWith('spoa_messages_total') && value > 0);
  expect(new Map(counted)).toEqual(
    new Map([
      [outcome('sync', 'ok'), 3],
      [outcome('sync', 'failed'), 1],
      [outcome('async', 'ok'), 4],
      [outcome('async', 'failed'), 2],
      [outcome('bad-result', 'failed'), 1],
      [outcome('other', 'unknown'), 2],
    ]),
  );
  expect(series.get('spoa_message_duration_seconds_count{message="sync"}')).toBe(4);
  expect(series.get('spoa_message_duration_seconds_count{message="async"}')).toBe(6);
  expect(series.get('spoa_message_duration_seconds_bucket{le="+Inf",message="async"}')).toBe(6);
  expect(series.get('spoa_message_duration_seconds_sum{message="async"}')).toBeGreaterThan(0);
  expect(series.get('spoa_notify_duration_seconds_count')).toBe(9);
  expect(series.get('spoa_notifies_total')).toBe(9);
  expect(series.get('spoa_frames_received_total')).toBe(10);
});

test('names that peers make up never become labels', async () => {
  const { observability, connect } = await start();
  const engine = await connect();
  const before = (await scrape(observability)).size;
  for (let i = 0; i < 300; i++) await engine.notify([message(`made-up-${i}`)]);
  const series = await scrape(observability);
  expect(series.size).toBe(before);
  expect(series.get(outcome('other', 'unknown'))).toBe(300);
});

test('what is in flight, and what nobody waits for any more', async () => {
  const { app, observability, connect } = await start();
  const [leaver, stayer] = [await connect(), await connect()];
  const lost = Promise.allSettled([
    leaver.notify([message('slow')]),
    leaver.notify([message('slow'), message('sync', ['n', int64(1)]), message('async', ['n', int64(1)])]),
  ]);
  const kept = stayer.notify([message('slow')]);
  await scrapeUntil(observability, (series) => series.get('spoa_notifies_in_flight') === 3);
  leaver.destroy();
  await lost;
  await scrapeUntil(observability, (series) => series.get('spoa_connections') === 1);
  gate.resolve(undefined);
  await kept;
  const series = await scrape(observability);
  expect(series.get('spoa_notifies_in_flight')).toBe(0);
  expect(series.get('spoa_notifies_abandoned_total{code="SPOA_DISCONNECTED"}')).toBe(2);
  expect(series.get(outcome('slow', 'ok'))).toBe(1);
  expect(series.get(outcome('slow', 'abandoned'))).toBe(2);
  expect(series.get(outcome('async', 'abandoned'))).toBe(1);
  expect(series.get(outcome('sync', 'ok'))).toBe(1);
  expect(series.get('spoa_notify_duration_seconds_count')).toBe(3);
  expect(app.state).toBe('ready');
});

test('a deadline that passes, and the result that comes too late', async () => {
  const { observability, connect } = await start();
  const engine = await connect();
  await engine.notify([message('limited')]);
  expect((await scrape(observability)).get(outcome('limited', 'deadline'))).toBe(1);
  expect((await scrape(observability)).get('spoa_late_results_total{message="limited"}')).toBe(0);
  gate.resolve(undefined);
  await scrapeUntil(observability, (series) => series.get('spoa_late_results_total{message="limited"}') === 1);
  expect((await scrape(observability)).get(outcome('limited', 'ok'))).toBe(0);
});

test('connections: open, accepted, refused, rejected, checked, ended', async () => {
  const { observability, port, connect } = await start({ maxConnections: 2 });
  const engine = await connect();
  await healthcheck({ port });
  await scrapeUntil(observability, (series) => series.get('spoa_connections') === 1);
  const stranger = connectSocket({ port, host: '127.0.0.1' });
  stranger.end('GET / HTTP/1.1\r\n\r\n');
  await once(stranger.resume(), 'close');
  await scrapeUntil(observability, (series) => series.get('spoa_connections') === 1);
  const second = await connect();
  await expect(connectEngine({ port })).rejects.toThrow();
  await second.disconnect();
  await scrapeUntil(observability, (series) => series.get('spoa_connections') === 1);
  const series = await scrape(observability);
  expect(series.get('spoa_connections_total')).toBe(4);
  expect(series.get('spoa_connections_refused_total{reason="limit"}')).toBe(1);
  expect(series.get('spoa_connections_rejected_total{code="SPOA_NOT_SPOP"}')).toBe(1);
  expect(series.get('spoa_healthchecks_total')).toBe(1);
  expect(series.get('spoa_disconnects_total{status="0"}')).toBe(1);
  expect(engine.violations).toEqual([]);
});

test('a NOTIFY that cannot be read is rejected, and its connection goes on', async () => {
  const { observability, connect } = await start();
  const engine = await connect();
  await engine.notify(Buffer.from([5, 0x6d]));
  await engine.notify([message('sync', ['n', int64(1)])]);
  const series = await scrape(observability);
  expect(series.get('spoa_notifies_rejected_total{code="SPOA_TRUNCATED"}')).toBe(1);
  expect(series.get('spoa_notifies_total')).toBe(2);
  expect(series.get('spoa_notify_duration_seconds_count')).toBe(1);
});

test('bytes are those that went over the socket', async () => {
  const { observability, port } = await start();
  const socket = connectSocket({ port, host: '127.0.0.1' });
  onTestFinished(() => void socket.destroy());
  const engine = await connectEngine({ duplex: socket });
  await engine.notify([message('sync', ['n', int64(1)])]);
  const series = await scrape(observability);
  expect(series.get('spoa_received_bytes_total')).toBe(socket.bytesWritten);
  expect(series.get('spoa_sent_bytes_total')).toBe(socket.bytesRead);
});

test('the event loop lags behind when it is blocked', async () => {
  const { observability } = await start();
  const deadline = performance.now() + 10_000;
  let lag = 0;
  while (lag < 0.1 && performance.now() < deadline) {
    // What is measured is the time between two ticks of its timer: there is one before, and one behind.
    await delay(50);
    const end = performance.now() + 150;
    while (performance.now() < end);
    await delay(50);
    lag = (await scrape(observability)).get('spoa_event_loop_lag_seconds{quantile="1"}') ?? 0;
  }
  expect(lag).toBeGreaterThan(0.1);
});

test('two applications count apart, and an Observability serves one', async () => {
  const [one, other] = [await start(), await start()];
  await (await one.connect()).notify([message('sync', ['n', int64(1)])]);
  expect((await scrape(one.observability)).get('spoa_notifies_total')).toBe(1);
  const series = await scrape(other.observability);
  expect(series.get('spoa_notifies_total')).toBe(0);
  expect(series.get('spoa_notify_duration_seconds_count')).toBe(0);
  const again = SpoaApplication.create({ controllers, observability: one.observability, logger: false });
  await expect(again).rejects.toThrow('one application');
});

test('what an unfinished frame brings is counted as bytes only', async () => {
  const { observability, connect, port } = await start();
  await connect();
  const before = await scrape(observability);
  const socket = connectSocket({ port, host: '127.0.0.1' });
  const frame = encodeFrame({
    type: FrameType.NOTIFY,
    flags: FrameFlag.FIN,
    streamId: 1,
    frameId: 1,
    payload: Buffer.alloc(9),
  });
  socket.write(frame.subarray(0, 4));
  const received = 'spoa_received_bytes_total';
  await scrapeUntil(observability, (series) => series.get(received) === (before.get(received) ?? 0) + 4);
  expect((await scrape(observability)).get('spoa_frames_received_total')).toBe(
    before.get('spoa_frames_received_total'),
  );
  socket.destroy();
});
