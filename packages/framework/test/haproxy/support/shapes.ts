import type { AgentDescription, MessageDescription } from '../../../src/haproxy/index.ts';
import { SPOE_EVENTS } from '../../../src/haproxy/spoe-names.ts';

export const REPUTATION: MessageDescription = {
  name: 'get-ip-reputation',
  handler: 'IpReputationController',
  event: 'on-client-session',
  arguments: [{ name: 'ip', sample: 'src', type: 'ip' }],
  variables: [{ scope: 'session', name: 'ip_score' }],
  deadlineMs: 20,
};

export const AGENT: AgentDescription = {
  engine: 'ip-reputation',
  messages: [REPUTATION],
  servers: [{ host: '127.0.0.1', port: 12345 }],
};

const everyEvent = (Object.keys(SPOE_EVENTS) as (keyof typeof SPOE_EVENTS)[]).map((event): MessageDescription => {
  return {
    name: `at.${event}`,
    event,
    condition: '{ always_true }',
    arguments: [{ name: 'ip', sample: 'src' }],
    variables: [],
  };
});

/** What each shape of a description is there for, by name. */
export const SHAPES: Record<string, AgentDescription> = {
  'one message': AGENT,
  'every event, each with a condition': { ...AGENT, messages: everyEvent },
  'messages without an event, with and without a condition': {
    ...AGENT,
    messages: [
      {
        name: 'ask',
        arguments: [{ name: 'path', sample: 'path' }],
        variables: [{ scope: 'request', name: 'verdict' }],
      },
      { ...REPUTATION, name: 'ask-more', event: undefined as never, condition: '{ path_beg "/a b" } || { path /c }' },
    ],
  },
  'variables of every scope': {
    ...AGENT,
    messages: [
      {
        ...REPUTATION,
        variables: (['process', 'session', 'transaction', 'request', 'response'] as const).map((scope) => ({
          scope,
          name: 'a.b',
        })),
      },
      { ...REPUTATION, name: 'late', event: 'on-http-response', variables: [{ scope: 'response', name: 'r' }] },
    ],
  },
  'arguments with and without names, and samples that need quotes': {
    ...AGENT,
    messages: [
      {
        ...REPUTATION,
        event: 'on-frontend-http-request',
        arguments: [
          { name: 2, sample: 'req.hdr(host)' },
          { name: 'equation', sample: 'str(a=b)' },
          { name: 0, sample: 'str(c=d)' },
          { name: 'text', sample: `str("it's # a 'test', \\\\ $HOME")` },
          { name: 'tab', sample: "str('a\tb')" },
          { name: 'unfilled', optional: true },
        ],
      },
    ],
  },
  'workers on every kind of address': {
    ...AGENT,
    servers: [
      { host: '127.0.0.1', port: 1 },
      { host: '::1', port: 2 },
      { path: '/run/spoa agent.sock', name: 'local' },
      { host: 'localhost', port: 3 },
    ],
  },
  TLS: {
    ...AGENT,
    servers: [
      { host: '127.0.0.1', port: 1, tls: {} },
      { host: '127.0.0.1', port: 2, tls: { verify: false } },
      {
        host: '127.0.0.1',
        port: 3,
        tls: { caFile: 'ca.pem', serverName: 'agent.internal', certificateFile: 'client.pem' },
      },
    ],
  },
  'a small frame, long deadlines, a name that no variable can have': {
    engine: 'my-agent:1',
    messages: [{ ...REPUTATION, deadlineMs: 45_000 }],
    servers: [{ host: '127.0.0.1', port: 1 }],
    maxFrameSize: 4096,
    timeouts: { connectMs: 250, idleMs: 1500 },
  },
};
