import {
  type AgentDescription,
  DEFAULT_MAX_FRAME_SIZE,
  type MessageDescription,
  prefixOf,
  processingTimeout,
} from '../description.ts';
import type { DescriptionFault } from '../errors.ts';
import { DEFAULT_BUFFER_SIZE, FRAME_OVERHEAD } from '../spoe-names.ts';
import { type HaproxyVersion, hasMultiplexer } from '../versions.ts';
import { argumentWords } from './arguments.ts';
import { type Row, section, time } from './layout.ts';

/** Variables that HAProxy sets itself, in scope txn. Their names stay out of the way of an application's. */
export const ERROR_VARIABLE = 'spoe_error';
export const TIME_VARIABLE = 'spoe_time';

export function backendName({ engine }: AgentDescription): string {
  return `${engine}-agents`;
}

/** The file that the `filter` line names. */
export function spoeFile(description: AgentDescription, version: HaproxyVersion, faults: DescriptionFault[]): string {
  const { engine, messages } = description;
  const groups = messages.filter(({ event }) => event === undefined);
  return [
    `# What HAProxy ${version} sends to the agent ${engine}, and how long it waits. Made from the agent's controllers.`,
    '',
    `[${engine}]`,
    '',
    section(`spoe-agent ${engine}`, agentRows(description, version)),
    ...groups.map(({ name }) => section(`spoe-group ${name}`, [`messages ${name}`])),
    ...messages.map((message) => section(`spoe-message ${message.name}`, messageRows(message, faults))),
  ].join('\n');
}

function agentRows(description: AgentDescription, version: HaproxyVersion): Row[] {
  const { messages } = description;
  const withEvent = messages.filter(({ event }) => event !== undefined);
  const withoutEvent = messages.filter(({ event }) => event === undefined);
  const registered = namesInProcess(messages);
  return [
    ...(withEvent.length > 0 ? [`messages ${withEvent.map(({ name }) => name).join(' ')}`] : []),
    ...(withoutEvent.length > 0
      ? ['# Rules send these: `send-spoe-group`.', `groups ${withoutEvent.map(({ name }) => name).join(' ')}`]
      : []),
    `use-backend ${backendName(description)}`,
    undefined,
    '# Variables are called SCOPE.PREFIX.NAME, 63 bytes at most.',
    `option var-prefix ${prefixOf(description)}`,
    ...(registered.length > 0
      ? ['# An agent may only set those variables of scope proc that are known when HAProxy starts.']
      : []),
    ...registered.map((name) => `register-var-names ${name}`),
    '# Set where an answer is not there: 1 is a timeout, 3 a request too large to send, from 256 on an error of SPOP.',
    `option set-on-error ${ERROR_VARIABLE}`,
    '# What the request has waited, in milliseconds.',
    `option set-process-time ${TIME_VARIABLE}`,
    undefined,
    ...timeoutRows(description, version),
    undefined,
    ...frameSizeRows(description),
    '# A line in the log for each answer that did not come, none for the others.',
    'log global',
    'option dontlog-normal',
  ];
}

function timeoutRows(description: AgentDescription, version: HaproxyVersion): Row[] {
  const idleMs = description.timeouts?.idleMs ?? DEFAULT_IDLE_MS;
  return [
    "# The longest that a request waits. It is above the agent's own deadlines: the agent answers first, with its fallback.",
    `timeout processing ${time(processingTimeout(description))}`,
    ...(hasMultiplexer(version)
      ? [
          '# `timeout hello` and `timeout idle` have meant nothing since 3.1, which keeps its connections as those of HTTP.',
        ]
      : [
          '# Up to 3.0 HAProxy warns where these two are missing: for its HELLO, and for a connection without work.',
          `timeout hello ${time(Math.max(idleMs / 10, 100))}`,
          `timeout idle ${time(idleMs)}`,
        ]),
  ];
}

const DEFAULT_IDLE_MS = 30_000;

function frameSizeRows({ maxFrameSize = DEFAULT_MAX_FRAME_SIZE }: AgentDescription): Row[] {
  const default_ = DEFAULT_BUFFER_SIZE - FRAME_OVERHEAD;
  if (maxFrameSize >= default_) return [];
  return [
    `# The agent takes no larger frames. HAProxy's own default is tune.bufsize less ${FRAME_OVERHEAD}: ${default_} bytes.`,
    `max-frame-size ${maxFrameSize}`,
    undefined,
  ];
}

function namesInProcess(messages: readonly MessageDescription[]): string[] {
  const variables = messages.flatMap((message) => message.variables).filter(({ scope }) => scope === 'process');
  return [...new Set(variables.map(({ name }) => name))];
}

function messageRows(message: MessageDescription, faults: DescriptionFault[]): Row[] {
  const { event, condition } = message;
  return [
    ...argumentWords(message, faults).map((word) => `args ${word}`),
    ...(event === undefined ? [] : [`event ${event}${condition === undefined ? '' : ` if ${condition}`}`]),
  ];
}
