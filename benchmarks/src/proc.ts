import { readFileSync } from 'node:fs';

/*
 * What Linux says of a process and of the machine: proc(5).
 */

/** Of /proc, whatever the kernel was built with. */
const TICKS_PER_SECOND = 100;

/** The CPU time that a process has used, in seconds, to 10 ms. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name, in parentheses, and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** The memory of a process: what it has now (`VmRSS`), and the most it ever had (`VmHWM`), in KiB. */
export function rssKb(pid: number, which: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${which}:\\s*(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN);
}

/** The CPU time that the whole machine has used, and what the hypervisor has taken from it, in seconds. */
export function machineSeconds(): { busy: number; steal: number } {
  const line = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0] ?? '';
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line.split(/ +/).slice(1).map(Number);
  return {
    busy: (user + nice + system + irq + softirq) / TICKS_PER_SECOND,
    steal: steal / TICKS_PER_SECOND,
  };
}
