import type { IncomingHttpHeaders } from 'node:http';
import type { Scope } from '@spoa/core';
import { fullName, type VariableDescription } from '@spoa/framework/haproxy';
import { HaproxyError } from '../haproxy/errors.ts';

/**
 * Variables as HAProxy holds them when the response leaves, by scope and name, without prototypes: as the text that a rule of
 * HAProxy would write into a header. `true` is `1`. What was not set is not there.
 */
export type HaproxyVariables = { readonly [scope in Scope]?: Readonly<Record<string, string>> };

const HEADER = 'x-spoa-testing-';

/** Lines of HAProxy's configuration that tell a test what variables hold, and what reads them from a response. */
export class VariableReader {
  readonly #variables: readonly VariableDescription[];
  readonly #prefix: string;

  constructor(variables: readonly VariableDescription[], prefix: string) {
    this.#variables = variables;
    this.#prefix = prefix;
  }

  /** For a proxy's `http-request` rules: variables of the request are gone when the response comes. */
  keepLines(): string[] {
    return this.#variables.flatMap((variable, i) => {
      if (variable.scope !== 'request') return [];
      const name = fullName(this.#prefix, variable);
      return [`http-request set-var(${kept(i)}) var(${name}) if { var(${name}) -m found }`];
    });
  }

  /** For the frontend: whoever made the response. The values are encoded, for they may be any bytes. */
  tellLines(): string[] {
    return this.#variables.flatMap((variable, i) => {
      const name = variable.scope === 'request' ? kept(i) : fullName(this.#prefix, variable);
      return [
        `http-after-response del-header ${HEADER}${i}`,
        `http-after-response set-header ${HEADER}${i} "%[var(${name}),length]=%[var(${name}),url_enc]" if { var(${name}) -m found }`,
      ];
    });
  }

  /**
   * What the headers tell, and the headers that tell nothing.
   *
   * @throws HaproxyError HAPROXY_REQUEST where HAProxy had no room for a value
   */
  read(headers: IncomingHttpHeaders): { readonly variables: HaproxyVariables; readonly headers: IncomingHttpHeaders } {
    const variables: { [scope in Scope]?: Record<string, string> } = Object.create(null) as object;
    for (const [i, { scope, name }] of this.#variables.entries()) {
      const told = headers[`${HEADER}${i}`];
      if (typeof told !== 'string') continue;
      let inScope = variables[scope];
      if (inScope === undefined) {
        inScope = Object.create(null) as Record<string, string>;
        variables[scope] = inScope;
      }
      inScope[name] = decode(told, fullName(this.#prefix, { scope, name }));
    }
    const others = Object.entries(headers).filter(([name]) => !name.startsWith(HEADER));
    return { variables, headers: Object.fromEntries(others) };
  }
}

function kept(index: number): string {
  return `txn.spoa_testing.v${index}`;
}

/** Not by `decodeURIComponent`, which throws where bytes are no UTF-8. */
function decode(told: string, variable: string): string {
  const separator = told.indexOf('=');
  const length = Number(told.slice(0, separator));
  const bytes = told
    .slice(separator + 1)
    .replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  // A converter of HAProxy that finds no room gives nothing.
  if (bytes.length !== length) {
    const problem = `${variable} has ${length} bytes, more than HAProxy has room for in a header`;
    throw new HaproxyError('HAPROXY_REQUEST', `${problem}: give it more (global: 'tune.bufsize 65536')`);
  }
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
