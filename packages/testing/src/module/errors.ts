/** Every code of a {@link TestingError}, and what it means. */
export const TESTING_ERROR_CODES = {
  TESTING_UNKNOWN_MESSAGE: 'no controller of the application answers the message',
  TESTING_NO_CONTROLLER: 'what was given for a message is neither a controller nor a message',
  TESTING_ARGUMENTS: 'HAProxy could not send these arguments',
} as const satisfies Record<`TESTING_${string}`, string>;

/** A code of {@link TESTING_ERROR_CODES}. */
export type TestingErrorCode = keyof typeof TESTING_ERROR_CODES;

/** A test asks for something that does not exist. */
export class TestingError extends Error {
  override readonly name = 'TestingError';
  readonly code: TestingErrorCode;

  constructor(code: TestingErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
