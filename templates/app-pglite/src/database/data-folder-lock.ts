import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Two processes in one folder of PGlite destroy it, and PGlite lets them: so the folder says who has it. */
export class DataFolderLock {
  readonly #file: string;

  private constructor(file: string) {
    this.#file = file;
  }

  /** @throws Error where another process has it */
  static take(folder: string): DataFolderLock {
    mkdirSync(folder, { recursive: true });
    const file = join(folder, 'process-id');
    if (!isMade(file)) {
      const holder = Number(readFileSync(file, 'utf8'));
      if (holder !== process.pid && isAlive(holder)) {
        const remedy = `end it, use a PostgreSQL server (DATABASE_URL), or remove ${file} if it is something else`;
        throw new Error(`process ${holder} has the database in ${folder}: ${remedy}`);
      }
      // Left by a process that could not end in peace.
      rmSync(file);
      if (!isMade(file)) throw new Error(`another process has just opened the database in ${folder}`);
    }
    return new DataFolderLock(file);
  }

  release(): void {
    rmSync(this.#file, { force: true });
  }
}

/** Whether there was none. */
function isMade(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
