import type {
  AgentDescription,
  HaproxyFindingCode,
  HaproxyVersion,
  MessageDescription,
} from '../../../src/haproxy/index.ts';

/** An application, and a configuration that fits it. */
export const DESCRIPTION: AgentDescription = {
  engine: 'e',
  messages: [
    {
      name: 'check-ip',
      handler: 'IpController',
      arguments: [
        { name: 'ip', type: 'ip' },
        { name: 'path', type: 'string' },
        { name: 'port', type: 'number', optional: true },
      ],
      variables: [
        { scope: 'session', name: 'score' },
        { scope: 'process', name: 'total' },
      ],
      deadlineMs: 50,
    },
    { name: 'ask', handler: 'AskController', arguments: [], takesAll: true, variables: [] },
  ],
};

export const HAPROXY_CFG = `global
    tune.bufsize 16384

defaults
    mode http
    timeout connect 1s
    timeout client 10s
    timeout server 10s

frontend web
    bind 127.0.0.1:1
    filter spoe engine e config spoe.conf
    http-request send-spoe-group e asked if { path /ask }
    http-request set-var(txn.p.known) bool(true) if { var(sess.p.score) -m found }
    http-request deny if { var(txn.p.known) -m bool } { var(sess.p.score) -m int lt 20 }
    http-request set-header x-error "%[var(txn.p.error)] %[var(txn.p.time)]" if { var(txn.p.error) -m found }
    default_backend origin

backend origin
    server origin 127.0.0.1:2

backend agents
    mode tcp
    option spop-check
    server agent1 127.0.0.1:3 check
    server agent2 127.0.0.1:4 check
`;

export const SPOE_CONF = `[e]

spoe-agent e
    messages check-ip
    groups asked
    use-backend agents
    option var-prefix p
    option set-on-error error
    option set-process-time time
    register-var-names total
    timeout processing 100ms
    timeout hello 1s
    timeout idle 30s

spoe-group asked
    messages ask

spoe-message check-ip
    acl internal src 10.0.0.0/8
    args ip=src
    args path=path port=dst_port
    event on-frontend-http-request unless internal

spoe-message ask
    args a=method b=url
`;

/** A change that makes the configuration, or the application, wrong. */
export interface Mistake {
  readonly what: string;
  readonly code: HaproxyFindingCode;
  /** Where it is found: the line that holds this text. */
  readonly at: string;
  /** What the finding says. */
  readonly says: RegExp;
  /** How often it is found. @default 1 */
  readonly times?: number;
  /** In `haproxy.cfg`: what is replaced by what, in pairs. */
  readonly cfg?: readonly string[];
  readonly spoe?: readonly string[];
  readonly message?: Partial<MessageDescription>;
  readonly agent?: Partial<AgentDescription>;
  /** @default all */
  readonly versions?: readonly HaproxyVersion[];
  /** Whether the real HAProxy refuses it. @default false: it takes what is wrong */
  readonly refused?: boolean;
}

const APPLET = ['2.6', '3.0'] as const;
const MULTIPLEXER = ['3.2', '3.4'] as const;
const LONG = 'a'.repeat(60);

export const MISTAKES: readonly Mistake[] = [
  // What HAProxy cannot read.
  {
    what: 'a quote without an end',
    code: 'SPOA_HAPROXY_SYNTAX',
    spoe: ['args ip=src', "args ip='src"],
    at: "ip='src",
    says: /quote/,
    refused: true,
  },
  {
    what: 'a broken escape',
    code: 'SPOA_HAPROXY_SYNTAX',
    cfg: ['set-header x-error', 'set-header x\\xg'],
    at: 'x\\xg',
    says: /hexadecimal/,
    refused: true,
  },
  {
    what: 'a condition without an end',
    code: 'SPOA_HAPROXY_SYNTAX',
    cfg: ['\nbackend origin\n', '\n.if defined(A)\nbackend origin\n'],
    at: '.if',
    says: /\.endif/,
    refused: true,
  },
  {
    what: 'an .else without an .if',
    code: 'SPOA_HAPROXY_SYNTAX',
    cfg: ['\nbackend origin\n', '\n.else\nbackend origin\n'],
    at: '.else',
    says: /without \.if/,
    refused: true,
  },
  {
    what: 'a condition that is none',
    code: 'SPOA_HAPROXY_SYNTAX',
    cfg: ['\nbackend origin\n', '\n.if maybe\n.endif\nbackend origin\n'],
    at: '.if',
    says: /no condition/,
    refused: true,
  },
  {
    what: 'a file that is cut off',
    code: 'SPOA_HAPROXY_SYNTAX',
    cfg: ['agent2 127.0.0.1:4 check\n', 'agent2 127.0.0.1:4 check'],
    at: 'agent2',
    says: /cut off/,
    refused: true,
  },

  // What HAProxy refuses.
  {
    what: 'a keyword that no agent has',
    code: 'SPOA_HAPROXY_REJECTED',
    spoe: ['use-backend agents', 'use-backend agents\n    acl x src'],
    at: 'acl x',
    says: /no acl/,
    refused: true,
  },
  {
    what: 'an option that no agent has',
    code: 'SPOA_HAPROXY_REJECTED',
    spoe: ['set-process-time', 'set-processing-time'],
    at: 'set-processing-time',
    says: /set-processing-time/,
    refused: true,
  },
  {
    what: 'a value that is no time',
    code: 'SPOA_HAPROXY_REJECTED',
    spoe: ['processing 100ms', 'processing soon'],
    at: 'soon',
    says: /soon/,
    refused: true,
  },
  {
    what: 'a prefix that no variable can have',
    code: 'SPOA_HAPROXY_REJECTED',
    spoe: ['var-prefix p', 'var-prefix p-q'],
    at: 'var-prefix',
    says: /p-q/,
    refused: true,
  },
  {
    what: 'a prefix that would be an expression',
    code: 'SPOA_HAPROXY_REJECTED',
    spoe: ['var-prefix p', 'var-prefix (['],
    at: 'var-prefix',
    says: /\(\[/,
    refused: true,
  },
  {
    what: 'an option that cannot be negated',
    code: 'SPOA_HAPROXY_REJECTED',
    spoe: ['option set-on-error error', 'option set-on-error error\n    no option force-set-var'],
    at: 'no option',
    says: /no option force-set-var/,
    refused: true,
  },
  {
    what: 'a group with arguments',
    code: 'SPOA_HAPROXY_REJECTED',
    spoe: ['    messages ask', '    messages ask\n    args a=src'],
    at: 'a=src',
    says: /spoe-group has no args/,
    refused: true,
  },
  {
    what: 'an event that does not exist',
    code: 'SPOA_HAPROXY_REJECTED',
    spoe: ['on-frontend-http-request', 'on-http-request'],
    at: 'event',
    says: /no event on-http-request/,
    refused: true,
  },
  {
    what: 'a condition without its keyword',
    code: 'SPOA_HAPROXY_REJECTED',
    spoe: ['request unless', 'request when'],
    at: 'event',
    says: /not when/,
    refused: true,
  },
  {
    what: 'a message that is not there',
    code: 'SPOA_HAPROXY_REJECTED',
    spoe: ['messages check-ip', 'messages check-ip gone'],
    at: 'messages check-ip',
    says: /no spoe-message gone/,
    refused: true,
  },
  {
    what: 'a group that is not there',
    code: 'SPOA_HAPROXY_REJECTED',
    spoe: ['groups asked', 'groups asked gone'],
    at: 'groups asked',
    says: /no spoe-group gone/,
    refused: true,
  },
  {
    what: 'a rule that sends a group that is not there',
    code: 'SPOA_HAPROXY_REJECTED',
    cfg: ['bind 127.0.0.1:1', 'bind 127.0.0.1:1\n    http-request send-spoe-group e gone'],
    at: 'e gone',
    says: /no group gone/,
    refused: true,
  },
  {
    what: 'a message twice in the list',
    code: 'SPOA_HAPROXY_REJECTED',
    spoe: ['messages check-ip', 'messages check-ip check-ip'],
    at: 'messages check-ip',
    says: /already/,
    refused: true,
  },
  {
    what: 'a message in two groups',
    code: 'SPOA_HAPROXY_REJECTED',
    spoe: [
      'spoe-message check-ip',
      'spoe-group other\n    messages ask\nspoe-message check-ip',
      'groups asked',
      'groups asked other',
    ],
    at: 'messages ask',
    says: /one group/,
    refused: true,
  },
  {
    what: 'two sections of one name',
    code: 'SPOA_HAPROXY_REJECTED',
    spoe: ['spoe-message ask', 'spoe-message ask\nspoe-message ask # again'],
    at: '# again',
    says: /too/,
    refused: true,
  },
  {
    what: 'a backend that is not there',
    code: 'SPOA_HAPROXY_REJECTED',
    spoe: ['use-backend agents', 'use-backend gone'],
    at: 'use-backend',
    says: /no backend gone/,
    refused: true,
  },
  {
    what: 'no backend',
    code: 'SPOA_HAPROXY_REJECTED',
    spoe: ['    use-backend agents\n', ''],
    at: 'spoe-agent e',
    says: /no backend/,
    refused: true,
  },
  {
    what: 'a backend that inherits mode http',
    code: 'SPOA_HAPROXY_REJECTED',
    cfg: ['    mode tcp\n', ''],
    at: 'mode http',
    says: /mode http/,
    refused: true,
  },
  {
    what: 'mode spop before it was there',
    code: 'SPOA_HAPROXY_REJECTED',
    cfg: ['mode tcp', 'mode spop'],
    at: 'mode spop',
    says: /came with 3\.1|mode spop/,
    versions: APPLET,
    refused: true,
  },
  {
    what: 'a frame that the buffer cannot hold',
    code: 'SPOA_HAPROXY_REJECTED',
    spoe: ['groups asked', 'groups asked\n    max-frame-size 16381'],
    at: 'max-frame-size',
    says: /256 to 16380, not 16381/,
    refused: true,
  },
  {
    what: 'a frame that is too small',
    code: 'SPOA_HAPROXY_REJECTED',
    spoe: ['groups asked', 'groups asked\n    max-frame-size 255'],
    at: 'max-frame-size',
    says: /not 255/,
    refused: true,
  },
  {
    what: 'another scope than the engine',
    code: 'SPOA_HAPROXY_REJECTED',
    spoe: ['[e]', '[f]'],
    at: 'filter spoe',
    says: /under \[e\]; its scopes: \[f\]/,
    refused: true,
  },
  {
    what: 'a section of haproxy.cfg in the spoe file',
    code: 'SPOA_HAPROXY_REJECTED',
    spoe: ['spoe-group asked', 'backend b\nspoe-group asked'],
    at: 'backend b',
    says: /no section backend/,
    refused: true,
  },

  // What HAProxy takes.
  ...['max-waiting-frames 5', 'maxconnrate 5', 'maxerrrate 5', 'no option async', 'no option send-frag-payload'].map(
    (line): Mistake => ({
      what: `${line}, since 3.1`,
      code: 'SPOA_HAPROXY_KEYWORD_IGNORED',
      spoe: ['groups asked', `groups asked\n    ${line}`],
      at: line,
      says: /since 3\.1/,
      versions: MULTIPLEXER,
    }),
  ),
  {
    what: 'two events',
    code: 'SPOA_HAPROXY_KEYWORD_IGNORED',
    spoe: ['    args ip=src', '    event on-client-session\n    args ip=src'],
    at: 'on-client-session',
    says: /last one/,
  },
  {
    what: 'a misspelled keyword in a message',
    code: 'SPOA_HAPROXY_KEYWORD_UNKNOWN',
    spoe: ['args path=path', 'arg extra=src\n    args path=path'],
    at: 'arg extra',
    says: /no arg/,
  },
  {
    what: 'a filter for another agent only',
    code: 'SPOA_HAPROXY_NO_FILTER',
    cfg: ['    filter spoe engine e config spoe.conf\n    http-request send-spoe-group e asked if { path /ask }\n', ''],
    at: 'global',
    says: /names the engine e/,
  },
  {
    what: 'a spoe file that is not there',
    code: 'SPOA_HAPROXY_NO_SPOE_FILE',
    cfg: ['config spoe.conf', 'config other.conf'],
    at: 'filter spoe',
    says: /other\.conf/,
    refused: true,
  },
  {
    what: 'a backend without servers',
    code: 'SPOA_HAPROXY_NO_SERVER',
    cfg: ['    server agent1 127.0.0.1:3 check\n    server agent2 127.0.0.1:4 check\n', ''],
    at: 'backend agents',
    says: /no server/,
  },
  {
    what: 'a server without a check',
    code: 'SPOA_HAPROXY_NO_HEALTH_CHECK',
    cfg: [':4 check', ':4'],
    at: 'agent2',
    says: /does not check agent2/,
  },
  {
    what: 'a check that only connects',
    code: 'SPOA_HAPROXY_NO_HEALTH_CHECK',
    cfg: ['    option spop-check\n', ''],
    at: 'agent1',
    says: /only connects/,
    times: 2,
  },
  {
    what: 'a message without a controller',
    code: 'SPOA_HAPROXY_MESSAGE_UNHANDLED',
    spoe: [
      'messages check-ip',
      'messages check-ip stray',
      'spoe-message ask',
      'spoe-message stray\n    event on-client-session\n\nspoe-message ask',
    ],
    at: 'messages check-ip',
    says: /sends stray/,
  },
  {
    what: 'a message of a group without a controller',
    code: 'SPOA_HAPROXY_MESSAGE_UNHANDLED',
    agent: { messages: DESCRIPTION.messages.slice(0, 1) },
    at: '    messages ask',
    says: /sends ask/,
  },
  {
    what: 'a controller without a message',
    code: 'SPOA_HAPROXY_MESSAGE_MISSING',
    message: { name: 'another', handler: 'AnotherController' },
    at: 'spoe-agent e',
    says: /AnotherController waits for the message another/,
  },
  {
    what: 'a message on no list',
    code: 'SPOA_HAPROXY_MESSAGE_NOT_SENT',
    spoe: ['    messages check-ip\n', ''],
    at: 'spoe-message check-ip',
    says: /nothing lists it/,
  },
  {
    what: 'a message without an event',
    code: 'SPOA_HAPROXY_MESSAGE_NOT_SENT',
    spoe: ['    event on-frontend-http-request unless internal\n', ''],
    at: 'spoe-message check-ip',
    says: /no event/,
  },
  {
    what: 'a group that no rule sends',
    code: 'SPOA_HAPROXY_MESSAGE_NOT_SENT',
    cfg: ['    http-request send-spoe-group e asked if { path /ask }\n', ''],
    at: 'spoe-message ask',
    says: /no rule sends/,
  },
  {
    what: 'a filter in a TCP frontend, for an event of HTTP',
    code: 'SPOA_HAPROXY_MESSAGE_NOT_SENT',
    cfg: [
      HAPROXY_CFG.slice(HAPROXY_CFG.indexOf('frontend web'), HAPROXY_CFG.indexOf('backend origin\n    server')),
      `frontend web
    mode tcp
    bind 127.0.0.1:1
    filter spoe engine e config spoe.conf
    tcp-request content send-spoe-group e asked
    default_backend origin

`,
    ],
    spoe: ['args path=path port=dst_port', 'args path=req.hdr(path) port=dst_port'],
    at: 'spoe-message check-ip',
    says: /not in mode http/,
  },
  {
    what: 'a filter in a backend, for an event of frontends',
    code: 'SPOA_HAPROXY_MESSAGE_NOT_SENT',
    cfg: [
      '    filter spoe engine e config spoe.conf\n    http-request send-spoe-group e asked if { path /ask }\n',
      '',
      '    server origin',
      '    filter spoe engine e config spoe.conf\n    http-request send-spoe-group e asked\n    server origin',
    ],
    spoe: ['[e]', '[e]'],
    at: 'spoe-message check-ip',
    says: /backend origin/,
  },
  {
    what: 'an argument that is not sent',
    code: 'SPOA_HAPROXY_ARGUMENT_MISSING',
    spoe: ['    args ip=src\n', ''],
    at: 'spoe-message check-ip',
    says: /no argument ip/,
  },
  {
    what: 'a position that is not sent',
    code: 'SPOA_HAPROXY_ARGUMENT_MISSING',
    message: { name: 'ask', arguments: [{ name: 2 }] },
    at: 'spoe-message ask',
    says: /no argument 2/,
  },
  {
    what: 'an argument that nobody reads',
    code: 'SPOA_HAPROXY_ARGUMENT_EXTRA',
    spoe: ['args ip=src', 'args ip=src url=url'],
    at: 'url=url',
    says: /does not read the argument url/,
  },
  {
    what: 'an argument without a name that nobody reads',
    code: 'SPOA_HAPROXY_ARGUMENT_EXTRA',
    spoe: ['args ip=src', 'args ip=src url'],
    at: 'ip=src url',
    says: /argument 1 \(url\)/,
  },
  {
    what: 'an integer for text',
    code: 'SPOA_HAPROXY_ARGUMENT_TYPE',
    spoe: ['path=path', 'path=path,length'],
    at: 'path=path',
    says: /an integer.*path as string/,
  },
  {
    what: 'text for an address',
    code: 'SPOA_HAPROXY_ARGUMENT_TYPE',
    spoe: ['ip=src', 'ip=hdr(x-forwarded-for)'],
    at: 'x-forwarded-for',
    says: /gives text.*ip as ip/,
  },
  {
    what: 'an argument twice',
    code: 'SPOA_HAPROXY_ARGUMENT_TWICE',
    spoe: ['args path=path', 'args ip=dst path=path'],
    at: 'ip=dst',
    says: /reads the first/,
  },
  {
    what: '256 arguments',
    code: 'SPOA_HAPROXY_ARGUMENT_COUNT',
    spoe: ['args a=method b=url', Array.from({ length: 16 }, () => `args ${'int(1) '.repeat(16)}`).join('\n')],
    at: '',
    says: /256 arguments/,
  },
  {
    what: 'a variable that nobody sets',
    code: 'SPOA_HAPROXY_VARIABLE_UNSET',
    cfg: ['set-header x-error', 'set-header x-more "%[var(txn.p.more)]"\n    http-request set-header x-error'],
    at: 'txn.p.more',
    says: /nobody sets txn\.p\.more/,
  },
  {
    what: 'a variable in another scope',
    code: 'SPOA_HAPROXY_VARIABLE_UNSET',
    cfg: ['{ var(sess.p.score) -m int lt 20 }', '{ var(txn.p.score) -m int lt 20 }'],
    at: 'txn.p.score',
    says: /nobody sets txn\.p\.score/,
  },
  {
    what: 'a variable in a converter',
    code: 'SPOA_HAPROXY_VARIABLE_UNSET',
    cfg: ['set-header x-error', 'set-header x-sum "%[int(1),add(sess.p.sum)]"\n    http-request set-header x-error'],
    at: 'sess.p.sum',
    says: /sess\.p\.sum/,
  },
  {
    what: "a variable that a message's own condition reads",
    code: 'SPOA_HAPROXY_VARIABLE_UNSET',
    spoe: ['src 10.0.0.0/8', 'var(req.p.inside) -m found'],
    at: 'req.p.inside',
    says: /req\.p\.inside/,
  },
  {
    what: 'a name that HAProxy cannot hold',
    code: 'SPOA_HAPROXY_VARIABLE_NAME',
    message: { name: 'ask', variables: [{ scope: 'transaction', name: LONG }] },
    at: 'var-prefix',
    says: /66 bytes/,
  },
  {
    what: 'a variable of the process that is not registered',
    code: 'SPOA_HAPROXY_VARIABLE_REFUSED',
    spoe: ['    register-var-names total\n', ''],
    at: 'spoe-agent e',
    says: /proc\.p\.total/,
  },
  {
    what: 'a timeout of zero, which is none',
    code: 'SPOA_HAPROXY_TIMEOUT_MISSING',
    spoe: ['processing 100ms', 'processing 0'],
    at: 'spoe-agent e',
    says: /without end/,
  },
  {
    what: 'a variable that is only unset',
    code: 'SPOA_HAPROXY_VARIABLE_UNSET',
    cfg: [
      'set-header x-error',
      'unset-var(txn.p.more)\n    http-request set-header x-more "%[var(txn.p.more)]"\n    http-request set-header x-error',
    ],
    at: 'x-more',
    says: /nobody sets txn\.p\.more/,
  },
  {
    what: 'no end to the waiting',
    code: 'SPOA_HAPROXY_TIMEOUT_MISSING',
    spoe: ['    timeout processing 100ms\n', ''],
    at: 'spoe-agent e',
    says: /without end/,
  },
  {
    what: 'no timeout for the HELLO, up to 3.0',
    code: 'SPOA_HAPROXY_TIMEOUT_MISSING',
    spoe: ['    timeout hello 1s\n', ''],
    at: 'spoe-agent e',
    says: /timeout hello/,
    versions: APPLET,
  },
  {
    what: 'a timeout at the deadline',
    code: 'SPOA_HAPROXY_TIMEOUT_DEADLINE',
    spoe: ['processing 100ms', 'processing 50'],
    at: 'timeout processing',
    says: /50 ms, before the agent's deadline of 50 ms/,
  },
  {
    what: 'a server timeout below the waiting',
    code: 'SPOA_HAPROXY_TIMEOUT_SERVER',
    cfg: ['option spop-check', 'option spop-check\n    timeout server 80ms'],
    at: '80ms',
    says: /80 ms.*100 ms/,
  },
  {
    what: 'a buffer above what the agent takes',
    code: 'SPOA_HAPROXY_FRAME_SIZE',
    cfg: ['tune.bufsize 16384', 'tune.bufsize 65536'],
    agent: { maxFrameSize: 32_768 },
    at: 'tune.bufsize',
    says: /65532 bytes.*32768/,
  },
  {
    what: 'frames above what the agent takes',
    code: 'SPOA_HAPROXY_FRAME_SIZE',
    spoe: ['groups asked', 'groups asked\n    max-frame-size 8192'],
    agent: { maxFrameSize: 4096 },
    at: 'max-frame-size',
    says: /8192 bytes.*4096/,
  },
  {
    what: 'no async, up to 3.0',
    code: 'SPOA_HAPROXY_NO_ASYNC',
    spoe: ['groups asked', 'groups asked\n    no option async'],
    at: 'no option async',
    says: /larger than a frame/,
    versions: APPLET,
  },
  {
    what: 'a message at another event than its controller says',
    code: 'SPOA_HAPROXY_MESSAGE_EVENT',
    message: { name: 'check-ip', event: 'on-client-session' },
    at: 'event on-frontend-http-request',
    says: /at on-frontend-http-request, and IpController says on-client-session/,
  },
];
