import { SpoaApplication, SpoeMessage } from '@spoa/framework';
import { Observability } from '@spoa/framework/observability';

@SpoeMessage('hello')
class HelloController {
  handle(): void {}
}

export async function main(port = 12345, adminPort = 9464): Promise<SpoaApplication> {
  const observability = new Observability({ admin: { port: adminPort } });
  const app = await SpoaApplication.create({ controllers: [HelloController], observability });
  await app.serve({ port });
  return app;
}
