/** Every code of a {@link HaproxyError}, and what it means. */
export const HAPROXY_ERROR_CODES = {
  HAPROXY_UNAVAILABLE: 'no HAProxy of the wanted line could be had',
  HAPROXY_WRONG_LINE: 'the suite that used to carry the wanted line now carries another one',
  HAPROXY_COMMAND: 'an external command failed, or ran into its timeout',
  HAPROXY_TEMPLATE: 'a configuration template asks for something that does not exist',
  HAPROXY_CONFIG: 'HAProxy refuses the configuration',
  HAPROXY_START: 'HAProxy did not start, or never answered on its CLI socket',
  HAPROXY_EXITED: 'HAProxy ended while something was still expected of it',
  HAPROXY_LOG_TIMEOUT: 'the expected log line did not come in time',
  HAPROXY_CLI: 'the runtime API (CLI socket) did not answer',
  HAPROXY_REQUEST: 'an HTTP request got no response',
} as const satisfies Record<`HAPROXY_${string}`, string>;

/** A code of {@link HAPROXY_ERROR_CODES}. */
export type HaproxyErrorCode = keyof typeof HAPROXY_ERROR_CODES;

/** Anything that goes wrong between a test and the HAProxy it wants; the message is meant to be read by a person. */
export class HaproxyError extends Error {
  readonly code: HaproxyErrorCode;

  constructor(code: HaproxyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HaproxyError';
    this.code = code;
  }
}

/** One place that was asked for an HAProxy, and why it had none. */
export interface HaproxyAttempt {
  /** Where: a cache folder, a Debian suite, PATH. */
  readonly source: string;
  /** Why it gave none, the output of a failed command included. */
  readonly reason: string;
}

/**
 * No HAProxy of the wanted line could be had. The message says everything that was tried and how to remedy it.
 * Its code is `HAPROXY_WRONG_LINE` when Debian answered, but with another line.
 */
export class HaproxyUnavailableError extends HaproxyError {
  /** The wanted line; undefined when any would have done. */
  readonly line: string | undefined;
  readonly attempts: readonly HaproxyAttempt[];

  constructor(line: string | undefined, attempts: readonly HaproxyAttempt[], options?: ErrorOptions) {
    const wrongLine = options?.cause instanceof HaproxyError && options.cause.code === 'HAPROXY_WRONG_LINE';
    super(
      wrongLine ? 'HAPROXY_WRONG_LINE' : 'HAPROXY_UNAVAILABLE',
      [
        line === undefined ? 'No HAProxy could be had.' : `No HAProxy ${line} could be had.`,
        'Tried:',
        ...attempts.map(({ source, reason }) => `  - ${source}: ${reason.trimEnd().replaceAll('\n', '\n    ')}`),
        remedy(line),
      ].join('\n'),
      options,
    );
    this.name = 'HaproxyUnavailableError';
    this.line = line;
    this.attempts = attempts;
  }
}

function remedy(line: string | undefined): string {
  const haproxy = line === undefined ? 'HAProxy (2.6 or later)' : `HAProxy ${line}`;
  return [
    'Remedy, any of:',
    '  - on Debian or Ubuntu: make deb.debian.org reachable (apt-get is used with your proxy settings; no root needed;',
    '    SPOA_DEBIAN_MIRROR names another mirror) and run again',
    `  - install ${haproxy} so that \`haproxy -v\` finds it on PATH (https://haproxy.debian.net has every line)`,
    '  - set SPOA_HAPROXY_CACHE to a folder that can be written, or that was filled on another machine of this kind',
  ].join('\n');
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
