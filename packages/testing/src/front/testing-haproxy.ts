import type { SpoaApplication } from '@spoa/framework';
import { HaproxyError } from '../haproxy/errors.ts';
import type { Haproxy } from '../haproxy/haproxy.ts';
import { type HttpResponse, type RequestOptions, request } from '../haproxy/request.ts';
import { TestingApplication } from '../module/testing-application.ts';
import { ERROR } from './configuration.ts';
import type { HaproxyVariables, VariableReader } from './read-variables.ts';

/** A response, and what the agent made HAProxy know. */
export interface HaproxyResponse extends HttpResponse {
  readonly variables: HaproxyVariables;
  /**
   * Why HAProxy has no answer of the agent, in its own numbers: 1 is a timeout, 3 a request too large to send, from 256 on an
   * error of SPOP. `undefined` where every message was answered.
   */
  readonly spoeError: number | undefined;
}

export interface TestingHaproxyParts {
  readonly haproxy: Haproxy;
  readonly application: TestingApplication | SpoaApplication;
  readonly reader: VariableReader;
  /** Ends, in the reverse order, what was started for it. */
  readonly resources: readonly AsyncDisposable[];
}

/** A real HAProxy in front of an application, made by `createHaproxy`. `await using` stops it, and what it has started. */
export class TestingHaproxy implements AsyncDisposable {
  /** The process: its log, its runtime API, its ports. */
  readonly haproxy: Haproxy;
  readonly #parts: TestingHaproxyParts;
  #stopping: Promise<void> | undefined;

  /** @internal */
  constructor(parts: TestingHaproxyParts) {
    this.haproxy = parts.haproxy;
    this.#parts = parts;
  }

  /** The application behind it: the one that was given, or the one that was made. */
  get application(): TestingApplication | SpoaApplication {
    return this.#parts.application;
  }

  /**
   * Sends one request on a connection of its own, and reads the response and the variables.
   *
   * @throws HaproxyError HAPROXY_REQUEST, with configuration and log, where there is no whole response in time
   */
  async get(path = '/', options: Omit<RequestOptions, 'path' | 'port'> = {}): Promise<HaproxyResponse> {
    const response = await request(this.haproxy, { ...options, path, port: 'http' }).catch((error: unknown) => {
      if (!(error instanceof HaproxyError) || this.haproxy.exit !== undefined) throw error;
      throw new HaproxyError(error.code, `${error.message}\n${this.describe()}`, { cause: error });
    });
    const { variables, headers } = this.#parts.reader.read(response.headers);
    const { [ERROR.name]: spoeError, ...transaction } = variables.transaction ?? {};
    return {
      ...response,
      headers,
      variables: withTransaction(variables, transaction),
      spoeError: spoeError === undefined ? undefined : Number(spoeError),
    };
  }

  /** HAProxy's state, configuration and log, and the messages that failed: for `showOnFailure`. */
  describe(): string {
    const { application, haproxy } = this.#parts;
    return [haproxy.describe(), ...(application instanceof TestingApplication ? [application.describe()] : [])].join(
      '\n',
    );
  }

  /** Stops HAProxy, and closes what was made with it. */
  stop(): Promise<void> {
    this.#stopping ??= endAll(this.#parts.resources);
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** The last that was started first, whatever fails. @throws the first failure */
export async function endAll(resources: readonly AsyncDisposable[]): Promise<void> {
  const errors: unknown[] = [];
  for (const resource of resources.toReversed()) {
    try {
      await resource[Symbol.asyncDispose]();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

function withTransaction(variables: HaproxyVariables, transaction: Readonly<Record<string, string>>): HaproxyVariables {
  const { transaction: _, ...others } = variables;
  const all = Object.keys(transaction).length === 0 ? others : { ...others, transaction: bare(transaction) };
  return bare(all);
}

/** Without a prototype, so that a name of a variable is only a name. */
function bare<T extends object>(object: T): T {
  return Object.assign(Object.create(null), object);
}
