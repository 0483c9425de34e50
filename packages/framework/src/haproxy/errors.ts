import { SpoaError } from '@spoa/core';

/** What this part of the package throws. `docs/haproxy-configuration.md` explains it. */
export const HAPROXY_CONFIG_ERRORS = {
  SPOA_HAPROXY_DESCRIPTION:
    'no configuration can be made from what the application says: all that is missing is listed',
} as const satisfies Record<string, string>;

export type HaproxyConfigErrorCode = keyof typeof HAPROXY_CONFIG_ERRORS;

/** Something that a description lacks, or that HAProxy would refuse. */
export interface DescriptionFault {
  /** `message get-ip-reputation, argument ip` */
  readonly where: string;
  readonly problem: string;
  readonly remedy: string;
}

/** Thrown by `generate`: all faults of the description at once. */
export class HaproxyConfigError extends SpoaError<HaproxyConfigErrorCode> {
  override readonly name = 'HaproxyConfigError';
  readonly faults: readonly DescriptionFault[];

  constructor(faults: readonly DescriptionFault[]) {
    const lines = faults.map(({ where, problem, remedy }) => `  ${where}: ${problem}\n    ${remedy}`);
    super('SPOA_HAPROXY_DESCRIPTION', `HAProxy cannot be configured for this application:\n${lines.join('\n')}`);
    this.faults = faults;
  }
}
