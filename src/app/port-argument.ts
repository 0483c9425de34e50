import { InvalidArgumentError } from 'commander';

/** A port that is known beforehand: HAProxy neither binds to a free one of its own choice nor looks for one. */
export function portArgument(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new InvalidArgumentError('A port is an integer from 1 to 65535.');
  return port;
}
