/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once, as it does by default. */
export function signalled(): Promise<void> {
  return new Promise((resolve) => {
    const heard = (): void => {
      process.off('SIGINT', heard).off('SIGTERM', heard);
      resolve();
    };
    process.on('SIGINT', heard).on('SIGTERM', heard);
  });
}
