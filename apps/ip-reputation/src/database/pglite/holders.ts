import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir, unlink, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The name psql and node-postgres look for in a folder given as host. */
const SOCKET_NAME = '.s.PGSQL.5432';
/** `sun_path` holds 104 bytes on macOS and 108 on Linux, the final zero included. */
const MAX_SOCKET_PATH = 103;

/** A process that has the data folder, or is about to. */
export interface Holder {
  readonly id: string;
  readonly pid: number;
  /** Tells two processes with the same pid apart; undefined where the system does not say. */
  readonly started: string | undefined;
  /** Path of the unix socket on which it serves the database. */
  readonly socket: string;
}

/**
 * Who has a data folder. Two processes in one PGlite folder destroy it, so there is one holder, and the others are
 * its clients.
 *
 * Every process that wants the folder listens on a socket of its own, *then* writes a file that names it
 * (`holders/ID.json`), *then* looks for others whose socket accepts. Whoever finds one withdraws. Of two processes at
 * least the later to write its file sees the other one, so never do both go on. The kernel closes the socket of a
 * process that ends, however it ends: a file whose socket refuses is stale and is removed. Names are never used
 * twice, so removing one can't hit a new holder.
 */
export class Holders {
  readonly #folder: string;

  constructor(dataDirectory: string) {
    this.#folder = join(dataDirectory, 'holders');
  }

  /** Makes the name and the folder of a socket of our own. Nobody knows of it yet. */
  async prepare(): Promise<Holder> {
    const id = `${process.pid}-${randomBytes(4).toString('hex')}`;
    let socket = join(this.#folder, id, SOCKET_NAME);
    if (Buffer.byteLength(socket) <= MAX_SOCKET_PATH) await mkdir(dirname(socket), { recursive: true, mode: 0o700 });
    else {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      socket = join(await mkdtemp(join(process.env.XDG_RUNTIME_DIR ?? tmpdir(), 'ip-reputation-')), SOCKET_NAME);
    }
    return { id, pid: process.pid, started: startOf(process.pid), socket };
  }

  /** Tells the others; the socket must accept by now. */
  async announce(holder: Holder): Promise<void> {
    const file = this.#fileOf(holder.id);
    // Under its final name a file is always whole.
    await writeFile(`${file}.new`, JSON.stringify(holder), { mode: 0o600 });
    await rename(`${file}.new`, file);
  }

  /** Removes what {@link prepare} and {@link announce} made. */
  async withdraw(holder: Holder): Promise<void> {
    await rm(this.#fileOf(holder.id), { force: true });
    await unlink(holder.socket).catch(() => {});
    await rmdir(dirname(holder.socket)).catch(() => {});
  }

  /** The live holders but `self`. Removes the traces of dead ones. */
  async others(self?: Holder): Promise<Holder[]> {
    const alive: Holder[] = [];
    for (const holder of await this.#read()) {
      if (holder.id === self?.id) continue;
      if (await isAlive(holder)) alive.push(holder);
      else await this.withdraw(holder);
    }
    return alive;
  }

  async #read(): Promise<Holder[]> {
    const names = await readdir(this.#folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const files = names.filter((name) => name.endsWith('.json'));
    const holders = await Promise.all(
      files.map(async (name) => {
        const text = await readFile(join(this.#folder, name), 'utf8').catch((error: NodeJS.ErrnoException) => {
          // Withdrawn between the two calls.
          if (error.code === 'ENOENT') return undefined;
          throw error;
        });
        return text === undefined ? undefined : (JSON.parse(text) as Holder);
      }),
    );
    return holders.filter((holder) => holder !== undefined);
  }

  #fileOf(id: string): string {
    return join(this.#folder, `${id}.json`);
  }
}

async function isAlive(holder: Holder): Promise<boolean> {
  const code = await new Promise<string | undefined>((resolve) => {
    const socket = createConnection(holder.socket);
    socket.once('connect', () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
  });
  if (code === 'ECONNREFUSED') return false;
  // Somebody cleaned up in the temporary folder: the process may well be alive behind a socket that nobody finds.
  if (code === 'ENOENT') return isRunning(holder.pid) && startOf(holder.pid) === holder.started;
  return true;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process was started, in the system's own ticks (Linux). */
function startOf(pid: number): string | undefined {
  try {
    // proc(5): the name in parentheses may hold anything; the start is the 22nd field, the 20th after the name.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
