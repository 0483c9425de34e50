import { SpoaError } from '@spoa/core';
import type { FrameworkErrorCode } from '../errors.ts';
import { describeOrigin, type Origin } from './origin.ts';

/** One wrong value, or one thing that a source should not have. */
export interface ConfigFault {
  /** The key, its parts divided by dots: `database.url`. Empty where the fault is not one key's. */
  readonly key: string;
  /** What is wrong. What is secret in it is masked. */
  readonly problem: string;
  /** Where the value came from; absent where it came from nowhere. */
  readonly origin?: Origin;
}

/** Thrown by `loadConfig` (SPOA_CONFIG_INVALID): all faults at once. */
export class ConfigError extends SpoaError<FrameworkErrorCode> {
  override readonly name = 'ConfigError';
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    const count = faults.length === 1 ? 'one fault' : `${faults.length} faults`;
    super('SPOA_CONFIG_INVALID', `the configuration has ${count}:\n${faults.map(lineOf).join('\n')}`);
    this.faults = faults;
  }
}

function lineOf({ key, problem, origin }: ConfigFault): string {
  const where = origin === undefined ? '' : ` (${describeOrigin(origin)})`;
  return `  ${key === '' ? '' : `${key}: `}${problem}${where}`;
}
