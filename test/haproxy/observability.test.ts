import { request } from 'node:http';
import { propagation, SpanStatusCode, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { Arg, type CanActivate, type ExecutionContext, SetVar, SpoeMessage, UseGuards } from '@spoa/framework';
import { Observability } from '@spoa/framework/observability';
import { createHaproxy } from '@spoa/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

class NoRobots implements CanActivate {
  canActivate({ message }: ExecutionContext): boolean {
    return message.get('path') !== '/robot';
  }
}

@SpoeMessage('check', { event: 'on-frontend-http-request', deadlineMs: 50 })
@UseGuards(NoRobots)
class CheckController {
  @SetVar('length', { scope: 'transaction' })
  handle(
    @Arg('path', { sample: 'path' }) path: string,
    @Arg('traceparent', { sample: 'req.hdr(traceparent)', optional: true }) _traceparent?: string,
  ): number | Promise<number> {
    if (path === '/broken') throw new Error('broken');
    return path === '/never' ? new Promise(() => undefined) : path.length;
  }
}

@SpoeMessage('answered', { event: 'on-http-response' })
class AnsweredController {
  async handle(@Arg('status', { sample: 'status' }) _status: number): Promise<void> {}
}

const controllers = [CheckController, AnsweredController];
const exporter = new InMemorySpanExporter();

beforeAll(() => {
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
});
beforeEach(() => exporter.reset());
afterAll(() => {
  trace.disable();
  propagation.disable();
});

/** What the admin server answers at a path. */
function ask({ adminAddress }: Observability, path: string): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    request({ host: adminAddress?.address, port: adminAddress?.port, path, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, text }));
    })
      .on('error', reject)
      .end();
  });
}

/** The series of Prometheus's text, by name with labels. */
async function scrape(observability: Observability): Promise<(series: string) => number | undefined> {
  const { text } = await ask(observability, '/metrics');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const series = new Map(lines.map((line) => line.split(/ (?=\S+$)/) as [string, string]));
  return (name) => (series.has(name) ? Number(series.get(name)) : undefined);
}

/** Scrapes until one series is as wanted: HAProxy checks and closes in its own time. */
async function scrapeUntil(observability: Observability, name: string, isWanted: (value: number) => boolean) {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const series = await scrape(observability);
    const value = series(name);
    if (value !== undefined && isWanted(value)) return series;
    if (performance.now() > deadline) throw new Error(`${name} is ${value} still`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe.each(['2.6', '3.2'] as const)('behind HAProxy %s', (version) => {
  test('Prometheus reads what HAProxy has asked, and what became of it', async ({ onTestFailed }) => {
    const observability = new Observability({ admin: { port: 0 } });
    await using haproxy = await createHaproxy({ version, controllers, observability, onTestFailed });
    for (const path of ['/', '/abc', '/broken', '/robot', '/never']) {
      expect((await haproxy.get(path)).spoeError, path).toBeUndefined();
    }

    const series = await scrapeUntil(observability, 'spoa_healthchecks_total', (count) => count > 0);
    const messages = (message: string, outcome: string) =>
      series(`spoa_messages_total{message="${message}",outcome="${outcome}"}`);
    expect(messages('check', 'ok')).toBe(2);
    expect(messages('check', 'failed')).toBe(1);
    expect(messages('check', 'denied')).toBe(1);
    expect(messages('check', 'deadline')).toBe(1);
    expect(messages('answered', 'ok')).toBe(5);
    expect(series('spoa_notifies_total')).toBe(10);
    expect(series('spoa_notify_duration_seconds_count')).toBe(10);
    expect(series('spoa_message_duration_seconds_count{message="answered"}')).toBe(5);
    expect(series('spoa_connections')).toBeGreaterThan(0);
    expect(series('spoa_received_bytes_total')).toBeGreaterThan(0);
    expect(series('spoa_ready')).toBe(1);
    expect(await ask(observability, '/readyz')).toMatchObject({ status: 200 });

    await haproxy.haproxy.stop();
    const after = await scrapeUntil(observability, 'spoa_connections', (count) => count === 0);
    expect(after('spoa_connections_total')).toBeGreaterThan(1);
    expect(after('spoa_notifies_total')).toBe(10);
  });

  test("a span's parent is what the client's traceparent says", async ({ onTestFailed }) => {
    const observability = new Observability({ tracing: {} });
    await using haproxy = await createHaproxy({ version, controllers, observability, onTestFailed });
    const [traceId, spanId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
    await haproxy.get('/', { headers: { traceparent: `00-${traceId}-${spanId}-01` } });
    await haproxy.get('/broken');

    const spans = exporter.getFinishedSpans();
    const of = (name: string) => spans.filter((span) => span.name === name);
    expect(spans.map(({ name }) => name)).toEqual(['check', 'answered', 'check', 'answered']);
    const [traced, untraced] = of('check');
    expect(traced?.spanContext().traceId).toBe(traceId);
    expect(traced?.parentSpanContext?.spanId).toBe(spanId);
    expect(traced?.parentSpanContext?.isRemote).toBe(true);
    expect(untraced?.parentSpanContext).toBeUndefined();
    expect(untraced?.status).toMatchObject({ code: SpanStatusCode.ERROR });
    // The message of the response is not told of the request's trace.
    expect(of('answered').map((span) => span.parentSpanContext)).toEqual([undefined, undefined]);
  });
});
