import { SpoaApplication, SpoeMessage } from '@spoa/framework';
import { Observability } from '@spoa/framework/observability';

@SpoeMessage('check-request')
class CheckController {
  handle(): void {}
}

export async function traced(): Promise<SpoaApplication> {
  const observability = new Observability({ tracing: { argument: 'traceparent' } });
  return SpoaApplication.create({ controllers: [CheckController], observability });
}
