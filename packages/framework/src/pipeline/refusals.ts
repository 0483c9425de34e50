import type { StandardSchemaV1 } from '@standard-schema/spec';
import { FrameworkError } from '../errors.ts';

/** A guard said no. There is one for each guard of a message, made at boot. */
export class GuardDeniedError extends FrameworkError {
  constructor(message: string, guard: string) {
    super('SPOA_GUARD_DENIED', `${guard} let the message ${message} not pass`, { facts: { guard } });
    withoutStack(this);
  }
}

/** A schema refused an argument. Its message names the argument only: what a library says of a value may hold the value. */
export class InvalidArgumentError extends FrameworkError {
  readonly #issues: readonly StandardSchemaV1.Issue[];

  constructor(argument: string | number, issues: readonly StandardSchemaV1.Issue[]) {
    super('SPOA_ARGUMENT_INVALID', `argument ${argument} does not fit its schema`, { facts: { argument } });
    this.#issues = issues;
  }

  /** What the schema says: for filters. It is never logged. */
  get issues(): readonly StandardSchemaV1.Issue[] {
    return this.#issues;
  }
}

/** A handler took too long. There is one for each message, made at boot. */
export class DeadlineError extends FrameworkError {
  constructor(message: string, deadlineMs: number) {
    super('SPOA_DEADLINE_EXCEEDED', `the message ${message} was not answered within ${deadlineMs} ms`, {
      facts: { deadlineMs },
    });
    withoutStack(this);
  }
}

/** Where it was made says nothing about where it happened. */
function withoutStack(error: Error): void {
  error.stack = `${error.name}: ${error.message}`;
}
