import type { AgentOptions } from '@spoa/core';
import {
  type Haproxy,
  type HttpResponse,
  type RequestOptions,
  request,
  showOnFailure,
  startHaproxy,
} from '@spoa/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { type Answer, TestAgent } from './agent.ts';
import type { Combination } from './combinations.ts';
import { type Case, haproxyConfig, spoeConfig } from './configuration.ts';

/** Starts the HAProxy of a combination with a case's configuration and these agents as servers. */
export function startProxy(combination: Combination, servers: readonly string[], options: Case): Promise<Haproxy> {
  return startHaproxy({
    version: combination.line,
    config: haproxyConfig(servers, options),
    files: { 'spoe.conf': spoeConfig(combination, options) },
  });
}

/** One HAProxy and one agent, shared by the tests of a `describe` block. */
export interface Pair {
  readonly haproxy: Haproxy;
  readonly agent: TestAgent;
  /** What the agent does when this message comes. */
  answer(message: string, answer: Answer): void;
  /** One request to HAProxy's frontend, on a connection of its own. */
  get(path: string, options?: Omit<RequestOptions, 'path'>): Promise<HttpResponse>;
}

/**
 * Starts HAProxy and an agent before the tests of this block, and stops them after. A failing test shows HAProxy's
 * configuration and log, and an agent that complains without the test taking it fails one.
 */
export function usePair(combination: Combination, options: Case & { agentOptions?: AgentOptions }): Pair {
  let agent: TestAgent | undefined;
  let haproxy: Haproxy | undefined;
  beforeAll(async () => {
    agent = await TestAgent.start(combination.transport, options.agentOptions);
    haproxy = await startProxy(combination, [agent.address.server], options);
  });
  beforeEach(({ onTestFailed }) => {
    agent?.forget();
    if (haproxy !== undefined) showOnFailure(haproxy, onTestFailed);
  });
  afterEach(() => expect(agent?.log.complaints).toEqual([]));
  afterAll(async () => {
    await haproxy?.stop();
    await agent?.[Symbol.asyncDispose]();
  });
  return {
    get haproxy() {
      return started(haproxy);
    },
    get agent() {
      return started(agent);
    },
    answer: (message, answer) => started(agent).answer(message, answer),
    get: (path, requestOptions) => request(started(haproxy), { ...requestOptions, path }),
  };
}

function started<T>(thing: T | undefined): T {
  if (thing === undefined) throw new Error('it is started before the first test');
  return thing;
}
