import cliProgress from 'cli-progress';
import { note, number } from './output.ts';

/** How often a line is written where there is no terminal. */
const LINES_EVERY_MS = 5000;

/** How far an import is: a bar on a terminal, now and then a line elsewhere. */
export interface Progress {
  /** @param bytes read so far */
  update(lines: number, bytes: number): void;
  merging(): void;
  stop(): void;
}

/** @param totalBytes 0 where it is not known */
export function startProgress(name: string, totalBytes: number, terminal = process.stderr.isTTY): Progress {
  return terminal && totalBytes > 0 ? bar(name, totalBytes) : lines(name, totalBytes);
}

function bar(name: string, totalBytes: number): Progress {
  const shown = new cliProgress.SingleBar({
    format: '{name} [{bar}] {percentage}% {lines} lines{state}',
    barCompleteChar: '#',
    barIncompleteChar: '.',
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
  });
  shown.start(totalBytes, 0, { name, lines: '0', state: '' });
  return {
    update: (count, bytes) => shown.update(bytes, { lines: number(count) }),
    merging: () => shown.update(totalBytes, { state: ', into the table...' }),
    stop: () => shown.stop(),
  };
}

function lines(name: string, totalBytes: number): Progress {
  let last = performance.now();
  return {
    update(count, bytes) {
      if (performance.now() - last < LINES_EVERY_MS) return;
      last = performance.now();
      const share = totalBytes > 0 ? ` (${Math.round((100 * bytes) / totalBytes)} %)` : '';
      note(`${name}: ${number(count)} lines${share}`);
    },
    merging: () => {},
    stop: () => {},
  };
}
