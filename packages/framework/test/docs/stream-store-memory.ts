import { Arg, MemoryStreamStore, type Provider, SetVar, SpoeMessage, StreamStore } from '@spoa/framework';

interface Request {
  readonly path: string;
  readonly startedAt: number;
}

@SpoeMessage('request')
export class RequestController {
  constructor(private readonly streams: StreamStore<Request>) {}

  handle(@Arg('id') id: string, @Arg('path') path: string): void | Promise<void> {
    return this.streams.set(id, { path, startedAt: performance.now() });
  }
}

@SpoeMessage('response')
export class ResponseController {
  constructor(private readonly streams: StreamStore<Request>) {}

  @SetVar('slow', { scope: 'transaction' })
  async handle(@Arg('id') id: string, @Arg('status') status: number): Promise<boolean | undefined> {
    const request = await this.streams.take(id);
    if (request === undefined) return undefined;
    return status < 500 && performance.now() - request.startedAt > 1000;
  }
}

export const providers: Provider[] = [
  { provide: StreamStore, useValue: new MemoryStreamStore<Request>({ ttlMs: 120_000 }) },
];
