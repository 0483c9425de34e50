import { type Class, SpoaApplication } from '@spoa/framework';

export async function main(module: Class, port = 12345): Promise<SpoaApplication> {
  const app = await SpoaApplication.create(module);
  await app.serve({ host: '127.0.0.1', port });
  return app;
}
