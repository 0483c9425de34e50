import { Registry } from 'prom-client';
import { AdminServer, type AdminServerOptions } from '../admin/admin-server.ts';
import { describeApplication } from '../admin/info.ts';
import type { ApplicationObserver, Observed } from '../application/observer.ts';
import type { Route } from '../routing/compile-route.ts';
import { MessageCounts } from './message-counts.ts';
import { Metrics } from './metrics.ts';
import { Tracing, type TracingOptions } from './tracing.ts';

export interface ObservabilityOptions {
  /** An HTTP server for `/metrics`, `/livez`, `/readyz` and `/info`. @default none: `metrics()` has the text */
  admin?: AdminServerOptions;
  /** OpenTelemetry spans. `@opentelemetry/api` must be installed then. @default none */
  tracing?: TracingOptions;
  /** Told by `/info`, as the version of the application. */
  version?: string;
}

/**
 * The metrics of one application, and the server that shows them.
 *
 * @example
 * const observability = new Observability({ admin: { port: 9464 } });
 * const app = await SpoaApplication.create(AppModule, { observability });
 */
export class Observability implements ApplicationObserver {
  /** Where the metrics are. Others may be added, such as those of prom-client's `collectDefaultMetrics`. */
  readonly registry = new Registry();
  readonly #options: ObservabilityOptions;
  readonly #messages: MessageCounts[] = [];
  readonly #tracing: Tracing | undefined;
  #metrics: Metrics | undefined;
  #observed: Observed | undefined;
  #server: AdminServer | undefined;

  /** @throws TypeError where `tracing` is asked for without `@opentelemetry/api` */
  constructor(options: ObservabilityOptions = {}) {
    this.#options = options;
    this.#tracing = options.tracing && new Tracing(options.tracing);
  }

  /** Where the admin server listens: `undefined` before `app.init()`, after the end, and without one. */
  get adminAddress(): { readonly address: string; readonly port: number } | undefined {
    return this.#server?.address;
  }

  /** What `/metrics` answers: the text format of Prometheus. */
  metrics(): Promise<string> {
    return this.registry.metrics();
  }

  /** @internal */
  route(route: Route): Route {
    this.#checkUnused();
    const counts = new MessageCounts(route.definition.message.name);
    this.#messages.push(counts);
    return counts.around(this.#tracing?.around(route) ?? route);
  }

  /** @internal */
  attach(observed: Observed): void {
    this.#checkUnused();
    this.#observed = observed;
    this.#metrics = new Metrics(this.registry, observed, this.#messages);
  }

  #checkUnused(): void {
    if (this.#observed !== undefined) throw new TypeError('an Observability serves one application: make one for each');
  }

  /** @internal @throws SPOA_LISTEN_FAILED */
  async start(): Promise<void> {
    const { admin, version } = this.#options;
    if (admin === undefined || this.#observed === undefined) return;
    const { app, agent } = this.#observed;
    const messages = this.#messages.map(({ message }) => message);
    const server = new AdminServer({
      metrics: async () => ({ type: this.registry.contentType, text: await this.metrics() }),
      state: () => app.state,
      info: () => describeApplication(app, agent, messages, version),
    });
    const address = await server.listen(admin);
    this.#server = server;
    app.logger.info({ address }, 'admin server listening');
  }

  /** @internal */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.#metrics?.stop();
    await server?.close();
  }
}
