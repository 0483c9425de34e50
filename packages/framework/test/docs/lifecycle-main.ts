import { type Class, SpoaApplication } from '@spoa/framework';

export async function main(module: Class, port = 12345): Promise<SpoaApplication> {
  const app = await SpoaApplication.create(module);
  app.enableShutdownHooks();
  await app.listen({ host: '127.0.0.1', port });
  return app;
}
