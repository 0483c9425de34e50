import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const AGENT = fileURLToPath(new URL('./agent.js', import.meta.url));

/** A binary of Node. */
export interface NodeBinary {
  readonly file: string;
  /** Such as `24.1.0`. */
  readonly version: string;
}

/** What is measured. */
export interface Contender {
  /** `floor`, or a kind of agent. */
  readonly kind: string;
  /** The version of Node that it runs on; none for the floor in C. */
  readonly node: string | undefined;
  /** Tells it from all others of a run. */
  readonly label: string;
  command(port: number, ...options: readonly string[]): string[];
}

/** @throws where `file` is no Node */
export async function nodeBinary(file: string): Promise<NodeBinary> {
  const { stdout } = await promisify(execFile)(file, ['--version']);
  const [, version] = /^v(\d+\.\d+\.\d+)/.exec(stdout) ?? [];
  if (version === undefined) throw new Error(`${file} is no Node`);
  return { file, version };
}

/** `spopecho`: the least work that still looks like an agent, in C. */
export function floorInC(file: string): Contender {
  return { kind: 'floor', node: undefined, label: 'floor', command: (port) => [file, String(port)] };
}

/** One of the kinds of `agent --help`. @param flags of Node itself */
export function ourAgent(kind: string, node: NodeBinary, flags: readonly string[] = []): Contender {
  return {
    kind,
    node: node.version,
    label: `${kind}, Node ${node.version}`,
    command: (port, ...options) => [node.file, ...flags, AGENT, kind, '--port', String(port), ...options],
  };
}
