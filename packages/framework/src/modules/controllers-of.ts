import type { Class } from '../class.ts';
import { BootError, type BootFault } from '../errors.ts';
import type { DefinedMessage } from '../routing/define-message.ts';
import type { DynamicModule } from './metadata.ts';
import { ModuleScanner } from './scan.ts';

/**
 * The controllers of a module and of all that it imports, without making anything: what HAProxy's side is generated from.
 *
 * @throws BootError (SPOA_BOOT_FAILED) with all mistakes in the lists of the modules
 */
export async function controllersOf(module: Class | DynamicModule): Promise<(Class | DefinedMessage)[]> {
  const faults: BootFault[] = [];
  const modules = await new ModuleScanner([], faults).scan(module);
  if (faults.length > 0) throw new BootError(faults);
  return modules.flatMap(({ controllers }) => controllers);
}
