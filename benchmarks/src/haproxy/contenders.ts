import { fileURLToPath } from 'node:url';

export type Transport = 'tcp' | 'unix';

/** One row of the table. */
export interface Contender {
  readonly name: string;
  /** How HAProxy reaches the agent. Without it there is no agent and no filter. */
  readonly transport: Transport | undefined;
  /** Starts the agent at an address: a port, or the path of a unix socket. */
  readonly command: (address: string) => readonly string[];
}

/** The row that all latencies are compared with. */
export const NO_FILTER = 'no filter';
/** The row that all agents are compared with. It speaks TCP only. */
export const FLOOR = 'floor';

/** The kinds of agent that `agent.ts` starts; `net` is what Node costs without an agent. */
const KINDS = ['framework', 'core', 'async', 'net'] as const;
const agentFile = fileURLToPath(new URL('../agent.js', import.meta.url));

/**
 * @param spopecho the floor's executable
 * @param peers further agents, `NAME=COMMAND` with `{port}` where the port belongs
 */
export function contenders(spopecho: string | undefined, peers: readonly string[]): Contender[] {
  const ours = (transport: Transport, option: string): Contender[] =>
    KINDS.map((name) => ({
      name,
      transport,
      command: (address) => [process.execPath, agentFile, name, option, address],
    }));
  return [
    { name: NO_FILTER, transport: undefined, command: () => [] },
    ...(spopecho === undefined ? [] : [tcp(FLOOR, `${spopecho} {port}`)]),
    ...ours('tcp', '--port'),
    ...ours('unix', '--path'),
    ...peers.map(peer),
  ];
}

function peer(text: string): Contender {
  const [, name, command] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || command === undefined || !command.includes('{port}')) {
    throw new Error(`--peer ${text}: should be NAME=COMMAND with {port} where the port belongs`);
  }
  return tcp(name, command);
}

function tcp(name: string, command: string): Contender {
  const words = command.split(' ').filter((word) => word !== '');
  return { name, transport: 'tcp', command: (port) => words.map((word) => word.replaceAll('{port}', port)) };
}
