import { Logs, type Provider, SpoaApplication } from '@spoa/framework';
import { ConfigModule } from '@spoa/framework/config';
import { AppModule } from './app.module.ts';
import { ReputationService } from './service/reputation-service.ts';
import type { Settings, SettingsService } from './settings.ts';

/**
 * Starts the agent: the database, the table in memory, the listeners. It ends at SIGINT or SIGTERM, or by `close()`.
 *
 * A signal that comes before it listens is no failure: then what this returns is closed.
 *
 * @param more what else lives as long as it does
 * @throws BootError where the database cannot be had, SPOA_LISTEN_FAILED; nothing is left running then
 */
export async function startApplication(
  config: SettingsService,
  ...more: readonly Provider[]
): Promise<SpoaApplication> {
  const { host, port, socket, socketMode, logLevel } = config.value;
  const observability = await observabilityOf(config.value);
  const app = await SpoaApplication.create({
    imports: [ConfigModule.forRoot({ useValue: config }), AppModule],
    controllers: [],
    providers: more,
    logger: { level: logLevel },
    ...(observability && { observability: observability.observer }),
  });
  // HAProxy's health checks come every second: among them nobody would find the decisions.
  if (logLevel === 'debug') app.get(Logs).setLevel('info', 'agent');
  observability?.addMetrics(observability.observer.registry, app.get(ReputationService));
  const sockets = socket === undefined ? [] : [{ path: socket, mode: Number.parseInt(socketMode, 8) }];
  await app.serve({ host, port }, ...sockets);
  return app;
}

/** Loaded only where somebody asks for it. */
async function observabilityOf({ adminHost, adminPort }: Settings) {
  if (adminPort === undefined) return undefined;
  const { Observability } = await import('@spoa/framework/observability');
  const { addMetrics } = await import('./metrics.ts');
  return { observer: new Observability({ admin: { host: adminHost, port: adminPort } }), addMetrics };
}
