/** Whatever can say what state it is in, like {@link Haproxy}. */
export interface Describable {
  describe(): string;
}

/**
 * Prints what something says of itself when the running test fails.
 *
 * @param onTestFailed vitest's hook, from `import { onTestFailed } from 'vitest'` or from a test's context.
 * @param print where to. @default console.error
 * @example
 *     test('...', async ({ onTestFailed }) => {
 *       await using haproxy = await startHaproxy({ version: '3.2', config });
 *       showOnFailure(haproxy, onTestFailed);
 *     });
 */
export function showOnFailure(
  subject: Describable,
  onTestFailed: (handler: () => void) => void,
  print: (text: string) => void = console.error,
): void {
  onTestFailed(() => print(subject.describe()));
}
