import type { BootFault } from '../errors.ts';
import { describeCause, remedyFor } from './remedy.ts';

/** @param circle the names of those that need each other, each once */
export function cycleFault(circle: readonly string[], remedy: string): BootFault {
  const [first = ''] = circle;
  const problem = `it needs itself: ${[...circle, first].join(' -> ')}`;
  return { code: 'SPOA_BOOT_CYCLE', where: first, problem, remedy };
}

export function factoryFault(where: string, cause: unknown): BootFault {
  const problem = `it could not be made: ${describeCause(cause)}`;
  return { code: 'SPOA_BOOT_FACTORY', where, problem, remedy: remedyFor(cause), cause };
}
