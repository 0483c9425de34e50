import type { AgentDescription } from '../description.ts';
import { HaproxyConfigError } from '../errors.ts';
import { type HaproxyVersion } from '../versions.ts';
import { backend } from './backend.ts';
import { checkDescription } from './check-description.ts';
import { filterRows, ruleRows } from './frontend.ts';
import { indented, section } from './layout.ts';
import { spoeFile } from './spoe-file.ts';

export interface GenerateOptions {
  /**
   * What the `filter` line calls the spoe file. The whole `haproxy.cfg` that is made looks for it beside itself; in one of your
   * own without `default-path config` it is looked for where HAProxy is started. @default 'spoe.conf'
   */
  readonly spoeFile?: string;
}

/** HAProxy's side of an application. */
export interface GeneratedConfiguration {
  /** For a `haproxy.cfg` of your own. */
  readonly fragments: {
    /** The `filter` line, for frontends. */
    readonly filter: string;
    /** Rules for frontends: what asks the agent, and examples of what to do with its answers. */
    readonly rules: string;
    /** The backend of the agent's workers. */
    readonly backend: string;
  };
  /** Whole files, to start with: HAProxy takes them as they are. */
  readonly files: {
    readonly 'haproxy.cfg': string;
    readonly 'spoe.conf': string;
  };
}

/**
 * Makes HAProxy's configuration for an application: the spoe file, the backend, the `filter` line and example rules.
 *
 * @throws HaproxyConfigError (SPOA_HAPROXY_DESCRIPTION) with everything that is missing or that HAProxy would refuse
 */
export function generate(
  description: AgentDescription,
  version: HaproxyVersion,
  options: GenerateOptions = {},
): GeneratedConfiguration {
  const faults = checkDescription(description);
  const spoe = spoeFile(description, version, faults);
  if (faults.length > 0) throw new HaproxyConfigError(faults);
  const filter = filterRows(description, options.spoeFile ?? 'spoe.conf');
  const rules = ruleRows(description);
  const agents = backend(description, version);
  return {
    fragments: {
      filter: `${indented(filter).join('\n')}\n`,
      rules: `${indented(rules).join('\n')}\n`,
      backend: agents,
    },
    files: {
      'haproxy.cfg': haproxyFile(description, version, [...filter, undefined, ...rules], agents),
      'spoe.conf': spoe,
    },
  };
}

function haproxyFile(
  { engine }: AgentDescription,
  version: HaproxyVersion,
  frontend: readonly (string | undefined)[],
  agents: string,
): string {
  return [
    `# HAProxy ${version} in front of the agent ${engine}. Made from the agent's controllers: copy what you need.`,
    '#',
    '# Environment:',
    '#   SPOA_BIND     where clients come in               127.0.0.1:8080',
    '#   SPOA_ORIGIN   the server that answers requests    127.0.0.1:8000',
    '',
    section('global', [
      '# File names below are those beside this file.',
      'default-path config',
      'log stdout format raw daemon',
    ]),
    section('defaults', [
      'mode http',
      'log global',
      'option httplog',
      'timeout connect 5s',
      'timeout client 30s',
      'timeout server 30s',
    ]),
    section('frontend web', [`bind "\${SPOA_BIND-127.0.0.1:8080}"`, ...frontend, 'default_backend origin']),
    section('backend origin', [`server origin "\${SPOA_ORIGIN-127.0.0.1:8000}"`]),
    agents,
  ].join('\n');
}
