import type { Combination } from './combinations.ts';

/** A case in HAProxy's own words. Everything that the cases have in common is added by {@link haproxyConfig} and {@link spoeConfig}. */
export interface Case {
  /** The `spoe-message` and `spoe-group` sections; the agent section lists them by itself. */
  readonly spoe: string;
  /** What the frontend does: its `http-request` rules and the like. */
  readonly frontend: string;
  /** What comes before the variables' names. @default 'p' */
  readonly prefix?: string;
  /** How long HAProxy waits for an ACK. @default '5s' */
  readonly processingTimeout?: string;
  /** How long HAProxy up to 3.0 keeps a connection to the agent that it has no use for. @default '1m' */
  readonly idleTimeout?: string;
  /** More lines of the `spoe-agent` section. */
  readonly agent?: string;
  /** More lines of the agents' backend. */
  readonly backend?: string;
  /** More of the `server` lines, such as `check inter 50ms`. */
  readonly server?: string;
  /** More sections, such as further backends. */
  readonly sections?: string;
  /** More lines of the `global` section. */
  readonly global?: string;
  /** @default 1, so that what a thread keeps for itself (connections, engine-ids up to 3.0) is there once */
  readonly threads?: number;
}

/** `haproxy.cfg`, valid on all lines: 3.1 and newer take a backend in `mode tcp` for one in `mode spop`. */
export function haproxyConfig(servers: readonly string[], options: Case): string {
  return `
global
  nbthread ${options.threads ?? 1}
${indented(options.global)}
defaults
  mode http
  log global
  option httplog
  timeout connect 2s
  timeout client 10s
  timeout server 10s

frontend web
  bind 127.0.0.1:{{port:http}}
  filter spoe engine spoe config {{file:spoe.conf}}
${indented(options.frontend)}
backend agents
  mode tcp
${indented(options.backend)}
${servers.map((address, i) => `  server agent${i + 1} ${address} ${options.server ?? ''}`.trimEnd()).join('\n')}

${options.sections ?? ''}
`;
}

/** `spoe.conf`. Up to 3.0 HAProxy warns where `timeout hello` and `timeout idle` are missing, later ones ignore them. */
export function spoeConfig({ pipelining }: Pick<Combination, 'pipelining'>, options: Case): string {
  const messages = messagesWithEvent(options.spoe);
  const groups = namesOf('spoe-group', options.spoe);
  return `
[spoe]

spoe-agent spoe
${messages.length > 0 ? `  messages ${messages.join(' ')}` : ''}
${groups.length > 0 ? `  groups ${groups.join(' ')}` : ''}
  use-backend agents
  option var-prefix ${options.prefix ?? 'p'}
  option set-on-error error
  timeout hello 2s
  timeout idle ${options.idleTimeout ?? '1m'}
  timeout processing ${options.processingTimeout ?? '5s'}
  ${pipelining ? '' : 'no '}option pipelining
  log global
${indented(options.agent)}

${options.spoe}
`;
}

/** The other messages are sent by groups. */
function messagesWithEvent(spoe: string): string[] {
  return spoe
    .split(/^(?=spoe-)/m)
    .filter((section) => /^\s*event\s/m.test(section))
    .flatMap((section) => namesOf('spoe-message', section));
}

function namesOf(keyword: string, spoe: string): string[] {
  return [...spoe.matchAll(new RegExp(`^${keyword}\\s+(\\S+)`, 'gm'))].map(([, name]) => name as string);
}

function indented(lines = ''): string {
  return lines
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => `  ${line.trim()}`)
    .join('\n');
}
