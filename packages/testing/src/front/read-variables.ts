import type { IncomingHttpHeaders } from 'node:http';
import type { Scope } from '@spoa/core';
import { fullName, type VariableDescription } from '@spoa/framework/haproxy';

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
        `http-after-response set-header ${HEADER}${i} "=%[var(${name}),url_enc]" if { var(${name}) -m found }`,
      ];
    });
  }

  /** What the headers tell, and the headers that tell nothing. */
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
      inScope[name] = decode(told.slice(1));
    }
    const others = Object.entries(headers).filter(([name]) => !name.startsWith(HEADER));
    return { variables, headers: Object.fromEntries(others) };
  }
}

function kept(index: number): string {
  return `txn.spoa_testing.v${index}`;
}

/** Not `decodeURIComponent`, which throws where bytes are no UTF-8. */
function decode(text: string): string {
  const bytes = text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
