import { readFile } from 'node:fs/promises';

/** HAProxy, the agent and wrk share these two, on any machine. */
const PROCESSORS = '0,1';

/** Makes a command line run on the two processors; the process that it starts becomes the command. */
export function onProcessors(command: readonly string[]): [file: string, args: string[]] {
  return ['taskset', ['-c', PROCESSORS, ...command]];
}

/** Linux counts a process's time in hundredths of a second, whatever its own clock (`getconf CLK_TCK`). */
const TICKS_PER_SECOND = 100;

/** Processor time that a process has used, with all its threads, in seconds. */
export async function processorTime(pid: number): Promise<number> {
  const [utime = 0, stime = 0] = await timesOf(pid);
  return utime + stime;
}

/** The same of this process and of those that it has started and that have ended. */
export async function ownProcessorTime(): Promise<number> {
  return sum(await timesOf(process.pid));
}

/** Processor time that the whole machine has used, in seconds; what a hypervisor took away counts as used. */
export async function machineProcessorTime(): Promise<number> {
  const [line = ''] = (await readFile('/proc/stat', 'utf8')).split('\n', 1);
  // "cpu", then user, nice, system, idle, iowait, irq, softirq, steal.
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = numbers(line.split(/ +/).slice(1));
  return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND;
}

/** utime, stime, cutime, cstime */
async function timesOf(pid: number): Promise<number[]> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The second field is the name in parentheses, which may contain anything; these are the fields 14 to 17.
  const fields = stat.slice(stat.lastIndexOf(')')).split(' ');
  return numbers(fields.slice(12, 16)).map((ticks) => ticks / TICKS_PER_SECOND);
}

function numbers(texts: readonly string[]): number[] {
  return texts.map(Number);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
