import type { Line, Word } from '../parse/model.ts';

/** `error`: HAProxy refuses it, or requests go without what they should have. `warning`: it works until it does not. */
export type Severity = 'error' | 'warning';

/** Everything that `check` finds. `docs/haproxy-configuration.md` explains each with its remedy. */
export const HAPROXY_FINDINGS = {
  SPOA_HAPROXY_SYNTAX: { severity: 'error', meaning: 'a line that HAProxy cannot read' },
  SPOA_HAPROXY_REJECTED: { severity: 'error', meaning: 'a line that HAProxy refuses' },
  SPOA_HAPROXY_KEYWORD_IGNORED: {
    severity: 'warning',
    meaning: 'a line that this version of HAProxy takes and ignores',
  },
  SPOA_HAPROXY_KEYWORD_UNKNOWN: {
    severity: 'error',
    meaning: 'a misspelled keyword in a spoe-message, which every version takes and ignores',
  },
  SPOA_HAPROXY_NO_FILTER: { severity: 'error', meaning: 'no filter line sends anything to this agent' },
  SPOA_HAPROXY_NO_SPOE_FILE: { severity: 'error', meaning: 'the file that a filter line names is not there' },
  SPOA_HAPROXY_NO_SERVER: { severity: 'error', meaning: 'a backend of the agent without a server' },
  SPOA_HAPROXY_NO_HEALTH_CHECK: { severity: 'warning', meaning: 'a worker that HAProxy does not ask for its HELLO' },
  SPOA_HAPROXY_MESSAGE_UNHANDLED: { severity: 'error', meaning: 'a message without a controller' },
  SPOA_HAPROXY_MESSAGE_MISSING: { severity: 'error', meaning: 'a controller without a message' },
  SPOA_HAPROXY_MESSAGE_NOT_SENT: { severity: 'error', meaning: 'a message with a controller that HAProxy never sends' },
  SPOA_HAPROXY_MESSAGE_EVENT: { severity: 'warning', meaning: 'a message at another event than its controller says' },
  SPOA_HAPROXY_ARGUMENT_MISSING: {
    severity: 'error',
    meaning: 'an argument that a controller needs and HAProxy does not send',
  },
  SPOA_HAPROXY_ARGUMENT_EXTRA: { severity: 'warning', meaning: 'an argument that HAProxy sends and nobody reads' },
  SPOA_HAPROXY_ARGUMENT_TYPE: { severity: 'error', meaning: 'an argument of a type that the controller does not take' },
  SPOA_HAPROXY_ARGUMENT_TWICE: {
    severity: 'warning',
    meaning: 'two arguments of one name, of which the first is read',
  },
  SPOA_HAPROXY_ARGUMENT_COUNT: { severity: 'error', meaning: 'more arguments than a message can hold' },
  SPOA_HAPROXY_VARIABLE_UNSET: { severity: 'error', meaning: 'a variable that is read and that no controller sets' },
  SPOA_HAPROXY_VARIABLE_NAME: { severity: 'error', meaning: 'a variable whose full name is longer than HAProxy holds' },
  SPOA_HAPROXY_VARIABLE_REFUSED: { severity: 'error', meaning: 'a variable of scope proc that HAProxy does not know' },
  SPOA_HAPROXY_TIMEOUT_MISSING: { severity: 'warning', meaning: 'a timeout that HAProxy needs' },
  SPOA_HAPROXY_TIMEOUT_DEADLINE: { severity: 'error', meaning: 'HAProxy gives up before the agent does' },
  SPOA_HAPROXY_TIMEOUT_SERVER: {
    severity: 'warning',
    meaning: 'HAProxy cuts the connection before the answer is late',
  },
  SPOA_HAPROXY_NO_ASYNC: { severity: 'warning', meaning: 'requests larger than a frame are sent again and again' },
  SPOA_HAPROXY_FRAME_SIZE: { severity: 'warning', meaning: 'HAProxy makes larger frames than the agent takes' },
} as const satisfies Record<string, { severity: Severity; meaning: string }>;

export type HaproxyFindingCode = keyof typeof HAPROXY_FINDINGS;

/** One thing that is wrong with a configuration, and where. */
export interface HaproxyFinding {
  readonly code: HaproxyFindingCode;
  readonly severity: Severity;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** Where in the line, from 1. */
  readonly column: number;
  readonly problem: string;
  readonly remedy: string;
}

/** Where a finding is: a line, or a word of it. */
export interface Place {
  readonly line: Line;
  /** @default the first of the line */
  readonly word?: Word | undefined;
}

export function finding(code: HaproxyFindingCode, place: Place, problem: string, remedy: string): HaproxyFinding {
  const { line, word = line.words[0] } = place;
  const { severity } = HAPROXY_FINDINGS[code];
  return { code, severity, file: line.file, line: line.number, column: word?.column ?? 1, problem, remedy };
}
