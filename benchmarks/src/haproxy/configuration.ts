import type { HaproxyContext } from '@spoa/testing';

/** What HAProxy is told about a contender: its frontend, and with it the port, is called `name`. */
export interface FrontendOptions {
  readonly name: string;
  /** Where its agent listens, as a `server` line has it. Without it the frontend has no filter. */
  readonly agent: string | undefined;
}

/*
 * All frontends answer by themselves, so that nothing is measured but HAProxy and the agent. One with a filter answers 200 only
 * if this very request got a score: it is forgotten then, for the session lives as long as wrk's connection.
 */
const frontend = ({ name, agent }: FrontendOptions, { port, file, atLeast }: HaproxyContext): string =>
  agent === undefined
    ? `
frontend ${name}
  bind 127.0.0.1:${port(name)}
  http-request return status 200
`
    : `
frontend ${name}
  bind 127.0.0.1:${port(name)}
  filter spoe engine ${name} config ${file('spoe.conf')}
  http-request return status 500 unless { var(sess.${name}.ip_score) -m found }
  http-request unset-var(sess.${name}.ip_score)
  http-request return status 200

backend agent-of-${name}
  mode ${atLeast('3.1') ? 'spop' : 'tcp'}
  server agent ${agent}
`;

/** `haproxy.cfg`: one thread, a frontend for each contender. */
export function haproxyConfig(frontends: readonly FrontendOptions[], context: HaproxyContext): string {
  return `
global
  nbthread 1
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
${frontends.map((options) => frontend(options, context)).join('')}`;
}

const engine = (name: string): string => `
[${name}]
spoe-agent ${name}
  messages get-ip-reputation
  use-backend agent-of-${name}
  option var-prefix ${name}
  timeout hello 2s
  timeout idle 1m
  timeout processing 1s
spoe-message get-ip-reputation
  args ip=src
  event on-frontend-http-request
`;

/** `spoe.conf`: the defaults of each HAProxy, so up to 20 NOTIFYs are in flight on one connection. */
export function spoeConfig(frontends: readonly FrontendOptions[]): string {
  return frontends
    .filter(({ agent }) => agent !== undefined)
    .map(({ name }) => engine(name))
    .join('');
}
