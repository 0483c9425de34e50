import { readFile } from 'node:fs/promises';
import type { ConfigFault } from './config-error.ts';

/** The text of a file; a fault, and `undefined`, where it cannot be read. */
export async function readText(file: string, faults: ConfigFault[]): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    faults.push({ key: '', problem: `it cannot be read: ${code}`, origin: { from: 'file', file } });
    return undefined;
  }
}
