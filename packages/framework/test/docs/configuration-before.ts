import { type Class, SpoaApplication } from '@spoa/framework';
import { ConfigModule, loadConfig } from '@spoa/framework/config';
import { z } from 'zod';

const schema = z.object({ port: z.coerce.number().default(9000), logLevel: z.enum(['info', 'debug']).default('info') });

export async function start(AppModule: Class, argv: readonly string[]): Promise<SpoaApplication> {
  const config = await loadConfig({ schema, argv });
  const app = await SpoaApplication.create({
    imports: [ConfigModule.forRoot({ useValue: config }), AppModule],
    controllers: [],
    logger: { level: config.get('logLevel') },
  });
  await app.serve({ host: '127.0.0.1', port: config.get('port') });
  return app;
}
