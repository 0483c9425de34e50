import { StatusCode } from '@spoa/core';
import { Counter, Gauge, Registry } from 'prom-client';
import type { Observed } from '../application/observer.ts';
import { AgentEvents } from './agent-events.ts';
import { durationMetric } from './duration-metric.ts';
import { Durations } from './durations.ts';
import { EventLoopLag } from './event-loop-lag.ts';
import { type MessageCounts, OUTCOMES } from './message-counts.ts';

/** The statuses that have a meaning: any other number that a peer sends is `other`. */
const STATUSES: ReadonlySet<number> = new Set(Object.values(StatusCode));

/**
 * The metrics of one application, in a registry of their own. What changes with every frame is counted in plain numbers, which
 * are collected when they are asked for.
 */
export class Metrics {
  readonly #registry: Registry;
  readonly #observed: Observed;
  readonly #messages: readonly MessageCounts[];
  readonly #events: AgentEvents;
  readonly #lag = new EventLoopLag();

  constructor(registry: Registry, observed: Observed, messages: readonly MessageCounts[]) {
    this.#registry = registry;
    this.#observed = observed;
    this.#messages = messages;
    this.#events = new AgentEvents(observed.agent);
    this.#application();
    this.#connections();
    this.#notifies();
    this.#traffic();
    this.#messageMetrics();
  }

  stop(): void {
    this.#events.stop();
    this.#lag.stop();
  }

  /** A counter whose number stands elsewhere. */
  #total(name: string, help: string, read: () => number): void {
    new Counter({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  #now(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read());
      },
    });
  }

  /** A counter of events that are rare. */
  #counter<Label extends string>(name: string, help: string, ...labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #application(): void {
    const { app } = this.#observed;
    const lag = this.#lag;
    this.#now('spoa_ready', '1 while the application serves, 0 while it starts or closes', () =>
      app.state === 'ready' ? 1 : 0,
    );
    new Gauge({
      name: 'spoa_event_loop_lag_seconds',
      help: 'How late the event loop came to what was due since the last scrape; quantile 1 is the longest',
      labelNames: ['quantile'],
      registers: [this.#registry],
      collect() {
        for (const [quantile, seconds] of lag.take()) this.set({ quantile }, seconds);
      },
    });
  }

  #connections(): void {
    const { agent } = this.#observed;
    this.#now('spoa_connections', 'Open connections', () => agent.connections);
    this.#total('spoa_connections_total', 'Accepted connections', () => agent.counts.connections);
    const refused = this.#counter('spoa_connections_refused_total', 'Connections closed at once', 'reason');
    this.#events.on('spoa:connection:refused', ({ reason }) => refused.inc({ reason }));
    const rejected = this.#counter('spoa_connections_rejected_total', 'Connections ended for what a peer did', 'code');
    this.#events.on('spoa:connection:rejected', ({ code = 'internal' }) => rejected.inc({ code }));
    const disconnects = this.#counter('spoa_disconnects_total', 'HAPROXY-DISCONNECT frames', 'status');
    this.#events.on('spoa:connection:disconnect', ({ status }) =>
      disconnects.inc({ status: STATUSES.has(status) ? status : 'other' }),
    );
    const healthchecks = this.#counter('spoa_healthchecks_total', 'Health checks answered');
    this.#events.on('spoa:connection:hello', ({ healthcheck }) => {
      if (healthcheck) healthchecks.inc();
    });
  }

  #notifies(): void {
    const { agent } = this.#observed;
    this.#total('spoa_notifies_total', 'NOTIFYs that came whole', () => agent.counts.notifies);
    this.#now('spoa_notifies_in_flight', 'NOTIFYs whose handlers are not done', () => agent.counts.inFlight);
    const rejected = this.#counter('spoa_notifies_rejected_total', 'NOTIFYs that could not be read', 'code');
    this.#events.on('spoa:notify:rejected', ({ error: { code } }) => rejected.inc({ code }));
    const abandoned = this.#counter('spoa_notifies_abandoned_total', 'NOTIFYs whose answer nobody waited for', 'code');
    this.#events.on('spoa:notify:abandoned', ({ reason: { code } }) => abandoned.inc({ code }));
    const durations = new Durations();
    this.#events.on('spoa:notify:end', ({ observedAt }) => durations.add(performance.now() - observedAt));
    const help = 'From the last byte of a NOTIFY to its written ACK';
    this.#registry.registerMetric(durationMetric('spoa_notify_duration_seconds', help, () => [[{}, durations]]));
  }

  #traffic(): void {
    const { agent } = this.#observed;
    this.#total('spoa_frames_received_total', 'Frames of all types that came', () => agent.counts.frames);
    this.#total('spoa_received_bytes_total', 'Bytes that came', () => agent.counts.bytesReceived);
    this.#total('spoa_sent_bytes_total', 'Bytes that were sent', () => agent.counts.bytesSent);
  }

  /** Names are those of controllers only: what else peers send is one series. */
  #messageMetrics(): void {
    const { app } = this.#observed;
    const messages = this.#messages;
    new Counter({
      name: 'spoa_messages_total',
      help: 'Messages by name and outcome; those without a controller are `other`, `unknown`',
      labelNames: ['message', 'outcome'],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const { message, outcomes } of messages) {
          for (const outcome of OUTCOMES) this.inc({ message, outcome }, outcomes[outcome]);
        }
        let unknown = 0;
        for (const count of app.unknownMessages.values()) unknown += count;
        this.inc({ message: 'other', outcome: 'unknown' }, unknown);
      },
    });
    new Counter({
      name: 'spoa_late_results_total',
      help: 'Results that came after the deadline of their message and were dropped',
      labelNames: ['message'],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const { message } of messages) this.inc({ message }, app.lateResults.get(message) ?? 0);
      },
    });
    const help = 'How long handlers took, until their promise was settled where they return one';
    const series = () => messages.map(({ message, durations }) => [{ message }, durations] as const);
    this.#registry.registerMetric(durationMetric('spoa_message_duration_seconds', help, series));
  }
}
