import type { Duplex } from 'node:stream';
import { type Agent, createAgent, type Handler, IpAddress, type ListenAddress } from '@spoa/core';
import {
  Arg,
  type EnhancerOptions,
  type ExecutionContext,
  SetVar,
  SpoaApplication,
  SpoeMessage,
} from '@spoa/framework';
import { handler as bareHandler } from '../agents/core.ts';
import { ASYNC_CONTROLLERS, CONTROLLERS, Scores } from '../controllers.ts';

/**
 * Who answers: a bare handler of `@spoa/core`, controllers, the same with a guard, an interceptor and a pipe around each, or
 * controllers whose handlers are async and resolve at once.
 */
export const KINDS = ['core', 'sync', 'enhanced', 'async'] as const;

export type Kind = (typeof KINDS)[number];

/** An agent or an application, as far as both are needed here. */
export interface Served extends AsyncDisposable {
  handleConnection(duplex: Duplex): void;
  /** On a free port, which it returns. */
  listen(): Promise<number>;
}

export async function makeServed(kind: Kind): Promise<Served> {
  if (kind === 'core') return serve(bareHandler);
  const enhancers = kind === 'enhanced' ? ENHANCERS : {};
  const controllers = kind === 'async' ? ASYNC_CONTROLLERS : [...CONTROLLERS, TwoArgumentsController];
  return served(await SpoaApplication.create({ controllers, providers: [Scores], ...enhancers, logger: false }));
}

/** What most controllers are like. */
@SpoeMessage('two-arguments')
class TwoArgumentsController {
  constructor(private readonly scores: Scores) {}

  @SetVar('ip_score', { scope: 'session' })
  handle(@Arg('ip') ip: IpAddress, @Arg('src-port') port: number): number {
    return this.scores.ofSize(ip.w0 + port);
  }
}

/** One of each, which does nothing: what is measured is the way through them. */
const ENHANCERS = {
  guards: [{ canActivate: () => true }],
  interceptors: [{ intercept: (_context: ExecutionContext, next: () => unknown) => next() }],
  pipes: [{ transform: (value: unknown) => value }],
} satisfies EnhancerOptions;

/** An agent of `@spoa/core` with any handler. */
export function serve(handler: Handler): Served {
  return served(createAgent(handler));
}

function served(agent: Agent | SpoaApplication): Served {
  return {
    handleConnection: (duplex) => agent.handleConnection(duplex),
    listen: async () => portOf(await agent.listen({ port: 0 })),
    [Symbol.asyncDispose]: () => agent.close({ timeoutMs: 100, quietMs: 0 }),
  };
}

function portOf(address: ListenAddress): number {
  if ('path' in address) throw new Error(`no port: the agent listens on ${address.path}`);
  return address.port;
}
