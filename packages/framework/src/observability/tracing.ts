import { createRequire } from 'node:module';
import type { Context, Span, Tracer } from '@opentelemetry/api';
import { isThenable, type NotifyContext } from '@spoa/core';
import type { Route } from '../routing/compile-route.ts';
import { outcomeOf } from './message-counts.ts';
import { ObservedResult } from './observed-result.ts';

export interface TracingOptions {
  /** The message's argument that holds W3C `traceparent`. @default 'traceparent' */
  argument?: string;
}

/**
 * A span for each message that has a controller, active while its handler runs. What is done with spans, and how parents are
 * read, is what the program has registered with OpenTelemetry.
 */
export class Tracing {
  readonly #argument: string;
  readonly #api: typeof import('@opentelemetry/api');
  readonly #tracer: Tracer;

  constructor({ argument = 'traceparent' }: TracingOptions) {
    this.#argument = argument;
    this.#api = loadApi();
    this.#tracer = this.#api.trace.getTracer('@spoa/framework');
  }

  /** A route that does what `route` does and is traced. What is synchronous stays so. */
  around(route: Route): Route {
    return { ...route, call: (notify, message) => this.#call(route, notify, message) };
  }

  #call(route: Route, notify: NotifyContext, message: number): unknown {
    const { trace, context } = this.#api;
    const parent = this.#parentOf(notify, message);
    const span = this.#start(route.definition.message.name, notify, parent);
    let result: unknown;
    try {
      result = context.with(trace.setSpan(parent, span), () => route.call(notify, message));
    } catch (error) {
      this.#fail(span, error);
      throw error;
    }
    if (!isThenable(result)) {
      span.end();
      return result;
    }
    return new ObservedResult(result, (isRejected, reason) => {
      if (isRejected) this.#fail(span, reason);
      else span.end();
    });
  }

  #parentOf({ messages }: NotifyContext, message: number): Context {
    const { propagation, ROOT_CONTEXT } = this.#api;
    const traceparent = messages.at(message)?.get(this.#argument);
    return typeof traceparent === 'string' ? propagation.extract(ROOT_CONTEXT, { traceparent }) : ROOT_CONTEXT;
  }

  #start(message: string, { engineId, streamId, frameId }: NotifyContext, parent: Context): Span {
    const attributes = {
      'spoe.message': message,
      'spoe.stream_id': streamId,
      'spoe.frame_id': frameId,
      ...(engineId !== undefined && { 'spoe.engine_id': engineId }),
    };
    return this.#tracer.startSpan(message, { kind: this.#api.SpanKind.SERVER, attributes }, parent);
  }

  #fail(span: Span, error: unknown): void {
    const outcome = outcomeOf(error);
    span.setAttribute('spoe.outcome', outcome);
    // A guard that says no does its work.
    if (outcome !== 'denied') {
      span.recordException(error instanceof Error ? error : String(error));
      span.setStatus({ code: this.#api.SpanStatusCode.ERROR });
    }
    span.end();
  }
}

/** Optional: who wants spans has it. Everybody who loads it gets the same one. */
function loadApi(): typeof import('@opentelemetry/api') {
  try {
    return createRequire(import.meta.url)('@opentelemetry/api') as typeof import('@opentelemetry/api');
  } catch (cause) {
    throw new TypeError('tracing needs the package @opentelemetry/api: install it', { cause });
  }
}
