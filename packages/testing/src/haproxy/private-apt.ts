import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CommandOutput, runCommand } from './command.ts';

/** An apt that has its own state, sources and caches in a folder: it reads and changes nothing of the host's. */
export interface PrivateApt {
  /** Runs `apt-get`; with `cwd` as the folder that `download` writes to. */
  get(args: readonly string[], options: { timeoutMs: number; cwd?: string }): Promise<CommandOutput>;
  /** Runs `apt-cache`. */
  cache(args: readonly string[]): Promise<CommandOutput>;
}

export interface PrivateAptOptions {
  /** An existing, empty folder. */
  readonly folder: string;
  /** The first is the one to prefer; the others fill in what it does not have. */
  readonly suites: readonly string[];
  readonly mirror: string;
  readonly architecture: string;
  readonly keyring: string;
}

const HOST_APT_CONF = '/etc/apt/apt.conf';
const CACHE_TIMEOUT_MS = 60_000;

export async function createPrivateApt(options: PrivateAptOptions): Promise<PrivateApt> {
  const { folder, suites, mirror, architecture, keyring } = options;
  await mkdir(join(folder, 'state/lists/partial'), { recursive: true });
  await mkdir(join(folder, 'cache/archives/partial'), { recursive: true });
  // No package counts as installed, so that dependencies are those of the suite and not those of the host.
  await writeFile(join(folder, 'status'), '');
  const source = (suite: string): string =>
    `deb [arch=${architecture} target=Packages signed-by=${keyring}] ${mirror} ${suite} main\n`;
  await writeFile(join(folder, 'sources.list'), suites.map(source).join(''));

  // The host's apt.conf.d stays in force for its proxy settings. Our settings come as the main file, which apt reads
  // after it, because only a file can clear the hooks that hosts run after an update.
  const hostConf = (await exists(HOST_APT_CONF)) ? [`#include "${HOST_APT_CONF}";`] : [];
  await writeFile(
    join(folder, 'apt.conf'),
    [
      ...hostConf,
      '#clear APT::Update::Pre-Invoke;',
      '#clear APT::Update::Post-Invoke;',
      '#clear APT::Update::Post-Invoke-Success;',
      `Dir::State "${join(folder, 'state')}";`,
      `Dir::State::status "${join(folder, 'status')}";`,
      `Dir::Cache "${join(folder, 'cache')}";`,
      'Dir::Cache::pkgcache "pkgcache.bin";',
      `Dir::Etc::sourcelist "${join(folder, 'sources.list')}";`,
      'Dir::Etc::sourceparts "/dev/null";',
      'Dir::Etc::preferences "/dev/null";',
      'Dir::Etc::preferencesparts "/dev/null";',
      `APT::Default-Release "${suites[0] ?? ''}";`,
      // As root apt drops to a user of its own, who can't write to a folder below root's home.
      'APT::Sandbox::User "root";',
      // Otherwise an update that got nothing counts as a success.
      'APT::Update::Error-Mode "any";',
      'Acquire::Languages "none";',
      'Acquire::Retries "0";',
      'Acquire::http::Timeout "20";',
      'Acquire::https::Timeout "20";',
      '',
    ].join('\n'),
  );
  await writeFile(join(folder, 'bootstrap.conf'), `Dir::Etc::main "${join(folder, 'apt.conf')}";\n`);

  const env = { APT_CONFIG: join(folder, 'bootstrap.conf'), DEBIAN_FRONTEND: 'noninteractive' };
  return {
    get: (args, { timeoutMs, cwd }) =>
      runCommand('apt-get', ['-q', ...args], { timeoutMs, env, ...(cwd === undefined ? {} : { cwd }) }),
    cache: (args) => runCommand('apt-cache', args, { timeoutMs: CACHE_TIMEOUT_MS, env }),
  };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
