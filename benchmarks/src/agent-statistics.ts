import type { Statistics } from './agents/statistics.ts';
import type { Program } from './processes.ts';

/** Asks an agent that was started with `--stats`. Its first line, that it listens, must have been read. */
export async function statisticsOf(agent: Program): Promise<Statistics> {
  agent.signal('SIGUSR2');
  return JSON.parse(await agent.line()) as Statistics;
}
