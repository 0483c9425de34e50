import { FrameworkError } from '../errors.ts';

/** A guard said no. There is one for each guard of a message, made at boot. */
export class GuardDeniedError extends FrameworkError {
  constructor(message: string, guard: string) {
    super('SPOA_GUARD_DENIED', `${guard} let the message ${message} not pass`, { facts: { guard } });
    withoutStack(this);
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
