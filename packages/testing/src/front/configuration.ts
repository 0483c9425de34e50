import {
  type AgentDescription,
  generate,
  type HaproxyVersion,
  prefixOf,
  type VariableDescription,
} from '@spoa/framework/haproxy';
import { VariableReader } from './read-variables.ts';

/** What a test adds to the configuration that is generated. */
export interface ConfigurationOptions {
  /**
   * Lines for the frontend, behind those that ask the agent: rules that use its variables, such as
   * `http-request deny if { var(txn.test.score) -m int gt 80 }`. `{{port:NAME}}` and the like are replaced.
   */
  readonly frontend?: string;
  /** Lines for the `global` section. */
  readonly global?: string;
  /** Variables to read that the controllers do not declare: those of a handler that returns them by scope. */
  readonly variables?: readonly VariableDescription[];
}

export interface FrontConfiguration {
  readonly config: string;
  readonly files: { readonly 'spoe.conf': string };
  readonly reader: VariableReader;
}

/** What HAProxy sets itself where an answer is not there. */
export const ERROR: VariableDescription = { scope: 'transaction', name: 'spoe_error' };

/** HAProxy's configuration as it is generated from the controllers, with a frontend whose responses tell the variables. */
export function frontConfiguration(
  description: AgentDescription,
  version: HaproxyVersion,
  originPort: number,
  { frontend = '', global = '', variables = [] }: ConfigurationOptions,
): FrontConfiguration {
  const { fragments, files } = generate(description, version, { spoeFile: '{{file:spoe.conf}}' });
  const declared = description.messages.flatMap((message) => message.variables);
  const reader = new VariableReader(distinct([...declared, ...variables, ERROR]), prefixOf(description));
  const config = [
    'global',
    ...indented(['nbthread 1', '# Room for the headers that tell the variables.', 'tune.maxrewrite 4096']),
    ...indented(global.split('\n')),
    '',
    'defaults',
    ...indented(['mode http', 'log global', 'option httplog', 'timeout connect 5s', 'timeout client 30s']),
    ...indented(['timeout server 30s', 'timeout http-request 30s']),
    '',
    'frontend web',
    ...indented(['bind 127.0.0.1:{{port:http}}']),
    fragments.filter,
    fragments.rules,
    ...indented(['# For the test.', ...reader.keepLines(), ...frontend.split('\n'), ...reader.tellLines()]),
    ...indented(['default_backend origin']),
    '',
    'backend origin',
    ...indented([...reader.keepLines(), `server origin 127.0.0.1:${originPort}`]),
    '',
    fragments.backend,
  ].join('\n');
  return { config, files: { 'spoe.conf': files['spoe.conf'] }, reader };
}

function indented(lines: readonly string[]): string[] {
  return lines.filter((line) => line.trim() !== '').map((line) => `    ${line.trim()}`);
}

function distinct(variables: readonly VariableDescription[]): VariableDescription[] {
  const byName = variables.map((variable): [string, VariableDescription] => [
    `${variable.scope}.${variable.name}`,
    variable,
  ]);
  return [...new Map(byName).values()];
}
