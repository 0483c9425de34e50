import { BootError, SpoaApplication } from '@spoa/framework';
import { loadConfig } from '@spoa/framework/config';
import { Observability } from '@spoa/framework/observability';
import { AppModule } from './app.module.ts';
import { configuration } from './config.ts';

let app: SpoaApplication | undefined;
try {
  // The module reads it for whoever asks for the ConfigService. Here it is for what comes before any module.
  const config = await loadConfig(configuration);
  const adminPort = config.get('adminPort');
  app = await SpoaApplication.create(AppModule, {
    logger: { level: config.get('logLevel') },
    ...(adminPort !== undefined && { observability: new Observability({ admin: { port: adminPort } }) }),
  });
  app.enableShutdownHooks();
  await app.listen({ host: config.get('bindAddress'), port: config.get('port') });
} catch (error) {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  await app?.close();
  // A signal that came before it listened is no failure.
  if (code !== 'SPOA_AGENT_CLOSED') {
    // What has a code was expected, and says all that is wrong. For the rest the place matters.
    console.error(error instanceof Error && code !== undefined ? error.message : error);
    // What a factory or a hook has thrown.
    if (error instanceof BootError && error.cause !== undefined) console.error(error.cause);
    process.exit(1);
  }
}
