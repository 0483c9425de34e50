import { readdirSync, readFileSync } from 'node:fs';
import { bytesOf } from './vector-values.ts';

/** One scenario, as `capture/capture.ts` records it. */
export interface Capture {
  name: string;
  config: string[];
  spoe: string[];
  observed: Record<string, string>;
  connections: { from: 'haproxy' | 'agent'; hex: string }[][];
}

export interface Recording {
  /** `2.6` */
  line: string;
  /** `2.6.12` */
  haproxy: string;
  captures: Capture[];
}

/** All recordings, the oldest line first. */
export const recordings: readonly Recording[] = readdirSync(new URL('.', import.meta.url))
  .map((file) => /^haproxy-(.+)\.json$/.exec(file))
  .filter((match) => match !== null)
  .map(([file, line = '']) => ({ ...JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')), line }));

/** The frames of one side, connection after connection, in the order they were sent. */
export function framesFrom(capture: Capture, side: 'haproxy' | 'agent'): Buffer[] {
  return capture.connections.flatMap((frames) =>
    frames.filter(({ from }) => from === side).map(({ hex }) => bytesOf(hex)),
  );
}
