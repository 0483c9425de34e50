import { readFile } from 'node:fs/promises';
import { Processor } from '../processes.ts';

/** Makes a command line run on the two processors that HAProxy, the agent and wrk share; the process that it starts becomes the command. */
export function onProcessors(command: readonly string[]): [file: string, args: string[]] {
  return ['taskset', ['-c', Processor.BOTH, ...command]];
}

/** Of /proc, whatever the kernel was built with. */
const TICKS_PER_SECOND = 100;

/** CPU time that this process has used, and those that it has started and that have ended, in seconds. */
export async function ownCpuSeconds(): Promise<number> {
  const stat = await readFile('/proc/self/stat', 'utf8');
  // The second field is the name in parentheses; utime, stime, cutime and cstime are the fields 14 to 17.
  const fields = stat.slice(stat.lastIndexOf(')')).split(' ');
  return fields.slice(12, 16).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_SECOND;
}
