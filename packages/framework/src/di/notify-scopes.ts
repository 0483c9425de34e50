// Not the global one: a test may have put a fake clock in its place, and what is made for a NOTIFY ends all the same.
import { setImmediate } from 'node:timers';
import { type Handler, isThenable, type NotifyConnection, type NotifyContext } from '@spoa/core';
import { CONNECTION_NODE, NOTIFY } from '../modules/built-in.ts';
import { InstanceScope, Pending } from './instance-scope.ts';
import { type DisposeFailure, disposeAll, type Made } from './made.ts';
import type { Supply } from './supply.ts';

/**
 * What is made for single NOTIFYs and connections, when a controller asks for it. It is disposed when the NOTIFY is answered, or the
 * connection closed, and the handlers that use it are done.
 */
export class NotifyScopes {
  readonly #notifies = new Map<NotifyContext, InstanceScope>();
  readonly #connections = new WeakMap<NotifyConnection, InstanceScope>();
  readonly #ending = new Set<Promise<void>>();
  readonly #report: (failure: DisposeFailure) => void;

  constructor(report: (failure: DisposeFailure) => void) {
    this.#report = report;
  }

  /** Gives `call` the instance for a NOTIFY, and returns what it returns: later, where the instance takes its time. */
  run(notify: NotifyContext, supply: Supply, call: (instance: object) => unknown): unknown {
    const scope = this.#scopeOf(notify);
    scope.retain();
    let result: unknown;
    try {
      const instance = supply(scope);
      result =
        instance instanceof Pending
          ? instance.promise.then((arrived) => call(arrived.instance as object))
          : call(instance as object);
    } finally {
      if (!isThenable(result)) scope.release();
    }
    return isThenable(result) ? letGo(scope, result) : result;
  }

  #scopeOf(notify: NotifyContext): InstanceScope {
    const known = this.#notifies.get(notify);
    if (known !== undefined) return known;
    let connection: InstanceScope | undefined;
    const scope = new InstanceScope(
      [NOTIFY, notify],
      (made) => this.#dispose(made, () => connection?.release()),
      () => {
        if (connection === undefined) {
          connection = this.#connectionScopeOf(notify.connection);
          connection.retain();
        }
        return connection;
      },
    );
    // A handler may outlive its NOTIFY, and begin something then: nothing tells the end of that but its own.
    if (!notify.settled) {
      scope.retain();
      this.#notifies.set(notify, scope);
    }
    return scope;
  }

  #connectionScopeOf(connection: NotifyConnection): InstanceScope {
    const known = this.#connections.get(connection);
    if (known !== undefined) return known;
    const scope = new InstanceScope([CONNECTION_NODE, connection], (made) => this.#dispose(made));
    this.#connections.set(connection, scope);
    if (!connection.signal.aborted) {
      scope.retain();
      connection.signal.addEventListener('abort', () => scope.release(), { once: true });
    }
    return scope;
  }

  /** A handler of NOTIFYs, behind which what was made for them ends. */
  around(handler: Handler): Handler {
    return (notify) => {
      let result: unknown;
      try {
        result = handler(notify);
      } finally {
        if (!isThenable(result)) this.#end(notify);
      }
      return isThenable(result) ? this.#endAfter(notify, result) : result;
    };
  }

  async #endAfter(notify: NotifyContext, result: PromiseLike<unknown>): Promise<unknown> {
    try {
      return await result;
    } finally {
      this.#end(notify);
    }
  }

  #end(notify: NotifyContext): void {
    if (this.#notifies.size === 0) return;
    const scope = this.#notifies.get(notify);
    if (scope === undefined) return;
    this.#notifies.delete(notify);
    scope.release();
  }

  /** Not before the ACK is on its way, which it is when the promises of this turn have had theirs. */
  #dispose(made: readonly Made[], then?: () => void): void {
    if (made.length === 0) {
      then?.();
      return;
    }
    const ending = new Promise<void>((resolve) => setImmediate(resolve)).then(async () => {
      for (const failure of await disposeAll(made)) this.#report(failure);
      this.#ending.delete(ending);
      then?.();
    });
    this.#ending.add(ending);
  }

  /** Waits for what is being disposed. */
  async close(): Promise<void> {
    // The end of a NOTIFY may be the end of its connection's.
    while (this.#ending.size > 0) await Promise.all(this.#ending);
  }
}

async function letGo(scope: InstanceScope, result: PromiseLike<unknown>): Promise<unknown> {
  try {
    return await result;
  } finally {
    scope.release();
  }
}
