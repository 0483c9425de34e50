import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { int64, type WritableMessage } from '@spoa/core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Arg, type CanActivate, SetVar, SpoeMessage, UseGuards } from '../../src/index.ts';
import { Observability } from '../../src/observability/index.ts';
import { message, startApplication } from '../support/test-application.ts';

const exporter = new InMemorySpanExporter();

beforeAll(() => {
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
});
beforeEach(() => exporter.reset());
afterAll(() => {
  trace.disable();
  context.disable();
  propagation.disable();
});

function work(name: string): void {
  trace.getTracer('test').startSpan(name).end();
}

@SpoeMessage('sync')
class SyncController {
  @SetVar('n', { scope: 'session' })
  handle(@Arg('n') n: number): number {
    work('within');
    if (n < 0) throw new Error('negative');
    return n;
  }
}

@SpoeMessage('async')
class AsyncController {
  @SetVar('n', { scope: 'session' })
  async handle(@Arg('n') n: number): Promise<number> {
    await Promise.resolve();
    work('later');
    if (n < 0) throw new Error('negative');
    return n;
  }
}

class NoGuard implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@SpoeMessage('denied')
@UseGuards(NoGuard)
class DeniedController {
  handle(): void {}
}

const controllers = [SyncController, AsyncController, DeniedController];
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const PARENT_ID = 'b7ad6b7169203331';
const TRACEPARENT = `00-${TRACE_ID}-${PARENT_ID}-01`;

async function spansOf(
  messages: WritableMessage[],
  observability = new Observability({ tracing: {} }),
): Promise<ReadableSpan[]> {
  const { notify } = await startApplication({ controllers, observability }, { engineId: 'engine-1' });
  await notify(...messages);
  return exporter.getFinishedSpans();
}

test.each([
  ['sync', 'within'],
  ['async', 'later'],
])('%s: a span under the parent that HAProxy sent, active while the handler runs', async (name, inner) => {
  const spans = await spansOf([message(name, ['n', int64(1)], ['traceparent', TRACEPARENT])]);
  expect(spans.map((span) => span.name)).toEqual([inner, name]);
  const [within, span] = spans as [ReadableSpan, ReadableSpan];
  expect(span.spanContext().traceId).toBe(TRACE_ID);
  expect(span.parentSpanContext?.spanId).toBe(PARENT_ID);
  expect(within.parentSpanContext?.spanId).toBe(span.spanContext().spanId);
  expect(span).toMatchObject({ kind: SpanKind.SERVER, status: { code: SpanStatusCode.UNSET } });
  expect(span.attributes).toEqual({
    'spoe.message': name,
    'spoe.stream_id': 1,
    'spoe.frame_id': 1,
    'spoe.engine_id': 'engine-1',
  });
});

test.each([
  ['none', []],
  ['one that is no traceparent', [['traceparent', 'xyz']]],
  ['one that is no text', [['traceparent', int64(7)]]],
] as const)('a span of its own trace where the parent is %s', async (_, args) => {
  const [, span] = await spansOf([message('sync', ['n', int64(1)], ...(args as unknown as [string, string][]))]);
  expect(span?.parentSpanContext).toBeUndefined();
  expect(span?.spanContext().traceId).not.toBe(TRACE_ID);
});

test('the argument may have another name, and each message of a NOTIFY its own parent', async () => {
  const observability = new Observability({ tracing: { argument: 'tp' } });
  const spans = await spansOf(
    [message('sync', ['n', int64(1)], ['tp', TRACEPARENT]), message('async', ['n', int64(1)])],
    observability,
  );
  const parents = new Map(spans.map((span) => [span.name, span.parentSpanContext?.spanId]));
  expect(parents.get('sync')).toBe(PARENT_ID);
  expect(parents.get('async')).toBeUndefined();
});

test.each(['sync', 'async'])('%s: what fails is told, and the metrics count as ever', async (name) => {
  const observability = new Observability({ tracing: {} });
  const spans = await spansOf([message(name, ['n', int64(-1)])], observability);
  const span = spans.at(-1);
  expect(span).toMatchObject({ status: { code: SpanStatusCode.ERROR }, attributes: { 'spoe.outcome': 'failed' } });
  expect(span?.events).toMatchObject([{ name: 'exception', attributes: { 'exception.message': 'negative' } }]);
  expect(await observability.metrics()).toContain(`spoa_messages_total{message="${name}",outcome="failed"} 1\n`);
});

test('a guard that says no is no error, and counts as denied', async () => {
  const observability = new Observability({ tracing: {} });
  const [span] = await spansOf([message('denied')], observability);
  expect(span).toMatchObject({ status: { code: SpanStatusCode.UNSET }, attributes: { 'spoe.outcome': 'denied' } });
  expect(await observability.metrics()).toContain('spoa_messages_total{message="denied",outcome="denied"} 1\n');
});

test('without `tracing` there are no spans', async () => {
  const spans = await spansOf([message('sync', ['n', int64(1)])], new Observability());
  expect(spans.map(({ name }) => name)).toEqual(['within']);
});
