import { BootError, SpoaApplication } from '@spoa/framework';
import { ConfigModule, loadConfig } from '@spoa/framework/config';
import { Observability } from '@spoa/framework/observability';
import { AppModule } from './app.module.ts';
import { configuration } from './config.ts';

try {
  const config = await loadConfig(configuration);
  const { adminPort, bindAddress: host, logLevel: level, port } = config.value;
  const app = await SpoaApplication.create({
    imports: [ConfigModule.forRoot({ useValue: config }), AppModule],
    controllers: [],
    logger: { level },
    ...(adminPort !== undefined && { observability: new Observability({ admin: { port: adminPort } }) }),
  });
  await app.serve({ host, port });
} catch (error) {
  // What has a code was expected, and says all that is wrong. For the rest the place matters.
  console.error(error instanceof Error && 'code' in error ? error.message : error);
  // What a factory or a hook has thrown.
  if (error instanceof BootError && error.cause !== undefined) console.error(error.cause);
  process.exit(1);
}
