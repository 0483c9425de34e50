import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFailed, onTestFinished } from 'vitest';

/** A process of an application. */
export interface Started {
  /** Ends it as a supervisor would, and resolves to its exit code. */
  end(): Promise<number | null>;
  /** Ends it as a supervisor does whose patience is over. */
  kill(): Promise<unknown>;
}

/** Starts `dist/main.js` of an application and waits until it listens. It ends with the test at the latest. */
export async function startAgent(main: string, env: Readonly<Record<string, string>> = {}): Promise<Started> {
  const { DATABASE_URL: _, PORT: __, ...inherited } = process.env;
  const child = spawn(process.execPath, [main], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  onTestFailed(() => console.error(output));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (output.includes('"msg":"listening"')) resolve();
      });
    }
    void ended.then(() => reject(new Error(`it ended before it listened:\n${output}`)));
  });
  const send = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return ended;
  };
  return { end: () => send('SIGTERM'), kill: () => send('SIGKILL') };
}
