import { SpoaApplication, type SpoaApplicationOptions } from '@spoa/framework';
import { type Haproxy, type HttpResponse, type RequestOptions, request, showOnFailure } from '@spoa/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { Address } from './agent.ts';
import type { Combination } from './combinations.ts';
import type { Case } from './configuration.ts';
import { startProxy } from './pair.ts';

interface Complaint {
  readonly facts: unknown;
  readonly message: unknown;
}

/** One HAProxy and one application made with the framework, shared by the tests of a `describe` block. */
export interface ApplicationPair {
  readonly haproxy: Haproxy;
  readonly application: SpoaApplication;
  /** The warnings and errors that the application has logged; they count as expected from now on. */
  takeComplaints(): Complaint[];
  /** One request to HAProxy's frontend, on a connection of its own. */
  get(path: string, options?: Omit<RequestOptions, 'path'>): Promise<HttpResponse>;
}

/** Like {@link usePair}, with controllers. */
export function useApplication(
  combination: Combination,
  options: Case & Pick<SpoaApplicationOptions, 'controllers' | 'providers'>,
): ApplicationPair {
  const { controllers, providers = [] } = options;
  const complaints: Complaint[] = [];
  const keep = ([facts, message]: unknown[]) => complaints.push({ facts, message });
  const logger = { level: 'warn', hooks: { logMethod: keep } };
  const takeComplaints = () => complaints.splice(0);
  let pair: { address: Address; application: SpoaApplication; haproxy: Haproxy } | undefined;
  const started = () => {
    if (pair === undefined) throw new Error('it is started before the first test');
    return pair;
  };
  beforeAll(async () => {
    const application = await SpoaApplication.create({ controllers, providers, logger });
    const address = await Address.of(combination.transport);
    await address.listen(application);
    pair = { address, application, haproxy: await startProxy(combination, [address.server], options) };
  });
  beforeEach(({ onTestFailed }) => showOnFailure(started().haproxy, onTestFailed));
  afterEach(() => expect(takeComplaints()).toEqual([]));
  afterAll(async () => {
    await pair?.haproxy.stop();
    await pair?.application.close({ timeoutMs: 0 });
    await pair?.address[Symbol.asyncDispose]();
  });
  return {
    get haproxy() {
      return started().haproxy;
    },
    get application() {
      return started().application;
    },
    takeComplaints,
    get: (path, requestOptions) => request(started().haproxy, { ...requestOptions, path }),
  };
}
