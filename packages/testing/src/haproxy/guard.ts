import { spawn } from 'node:child_process';

/**
 * Sees to it that HAProxy does not outlive this process, however it ends: a shell waits for the end of a pipe that only
 * this process holds open, then kills HAProxy's process group and removes its folder. An exit handler can't do that: it
 * does not run when a process is killed, and test runners kill their workers.
 *
 * @returns a function that dismisses the guard; to be called when HAProxy has ended, before its number is given anew.
 */
export function guardProcess(pid: number, folder: string): () => void {
  // read succeeds on the line that dismisses the guard, and fails at the end of the pipe.
  const script = 'read -r line || { kill -KILL "-$1"; rm -rf -- "$2"; }';
  const guard = spawn('/bin/sh', ['-c', script, 'haproxy-guard', String(pid), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Out of reach of the Ctrl-C that may end this process.
    detached: true,
  });
  // Without a shell there is no guard, and HAProxy runs all the same.
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  guard.unref();
  return () => guard.stdin.end('dismissed\n');
}
