import { Arg, MemoryStreamStore, SetVar, SpoeMessage, StreamStore } from '@spoa/framework';
import { HAPROXY_VERSIONS } from '@spoa/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { useApplication } from './support/application.ts';
import { ORIGIN } from './support/origin.ts';

const SPOE = `
spoe-message request
  args id=unique-id path=path
  event on-frontend-http-request

spoe-message response
  args id=unique-id status=status
  event on-http-response
`;

const FRONTEND = `
  unique-id-format %[uuid()]
  unique-id-header x-request-id
  http-after-response set-header x-unique-id "%[unique-id]"
  http-after-response set-header x-summary "%[var(txn.p.summary)]"
  http-after-response set-header x-error "%[var(txn.p.error)]"
  default_backend origin
`;

/** What the request's message knows, and the response's does not. */
interface Request {
  readonly path: string;
}

@SpoeMessage('request')
class RequestController {
  constructor(private readonly streams: StreamStore<Request>) {}

  handle(@Arg('id') id: string, @Arg('path') path: string): void | Promise<void> {
    return this.streams.set(id, { path });
  }
}

@SpoeMessage('response')
class ResponseController {
  constructor(private readonly streams: StreamStore<Request>) {}

  @SetVar('summary', { scope: 'transaction' })
  async handle(@Arg('id') id: string, @Arg('status') status: number): Promise<string> {
    const request = await this.streams.take(id);
    return `${request?.path ?? 'unknown'} ${status}`;
  }
}

/** Stands for one on another machine: the same, answered later. */
class LaterStore extends StreamStore<Request> {
  readonly kept = new MemoryStreamStore<Request>();

  override async get(id: string): Promise<Request | undefined> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.kept.get(id);
  }

  override async set(id: string, value: Request): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.kept.set(id, value);
  }

  override async take(id: string): Promise<Request | undefined> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.kept.take(id);
  }

  override async delete(id: string): Promise<boolean> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.kept.delete(id);
  }

  override get size(): Promise<number> {
    return Promise.resolve(this.kept.size);
  }
}

const memory = new MemoryStreamStore<Request>();
const later = new LaterStore();
const stores: [where: string, store: StreamStore<Request>, size: () => number][] = [
  ['in memory', memory, () => memory.size],
  ['elsewhere', later, () => later.kept.size],
];

describe.each(HAPROXY_VERSIONS)('N-17 HAProxy %s', (line) => {
  describe.each(stores)('a store %s', (_, store, size) => {
    const pair = useApplication(
      { line, transport: 'tcp', pipelining: true },
      {
        spoe: SPOE,
        frontend: FRONTEND,
        sections: ORIGIN,
        controllers: [RequestController, ResponseController],
        providers: [{ provide: StreamStore, useValue: store }],
      },
    );

    beforeEach(() => expect(size()).toBe(0));

    test('the message of the response gets what that of the request has put in', async () => {
      const { headers } = await pair.get('/a');
      expect(headers).toMatchObject({ 'x-summary': '/a 200', 'x-error': '' });
      expect(headers['x-unique-id']).toMatch(/^[0-9a-f-]{36}$/);
      expect(size()).toBe(0);
    });

    test('each of many streams at once gets its own', async () => {
      const paths = Array.from({ length: 40 }, (_, i) => `/path-${i}`);
      const summaries = await Promise.all(paths.map(async (path) => (await pair.get(path)).headers['x-summary']));
      expect(summaries).toEqual(paths.map((path) => `${path} 200`));
      expect(size()).toBe(0);
    });
  });
});
