import { pino } from 'pino';
import build from 'pino-abstract-transport';

/**
 * A transport of pino's for a service of systemd: JSON on standard output, each line with the priority that journald reads and
 * takes off (sd-daemon(3), `SyslogLevelPrefix`), so that `journalctl -p warning` finds it. No options.
 *
 * @example
 * SpoaApplication.create(AppModule, { logger: { transport: { target: '@spoa/framework/journald' } } })
 */
// A default export: pino asks it of a transport.
export default function journald(): ReturnType<typeof build> {
  const output = pino.destination({ dest: 1, sync: false });
  return build(
    async (lines) => {
      for await (const { priority, line } of lines as AsyncIterable<Prioritized>)
        output.write(`<${priority}>${line}\n`);
    },
    {
      parseLine,
      close: () =>
        new Promise((resolve) => {
          output.once('close', resolve);
          output.end();
        }),
    },
  );
}

interface Prioritized {
  /** Of syslog, 0 (emergency) to 7 (debug). */
  readonly priority: number;
  readonly line: string;
}

/** A line is not read as a whole: pino writes its level first. */
function parseLine(line: string): Prioritized {
  return { priority: priorityOf(Number(/^\{"level":(\d+)/.exec(line)?.[1] ?? INFO)), line };
}

const INFO = 30;

function priorityOf(level: number): number {
  if (level >= 60) return 2;
  if (level >= 50) return 3;
  if (level >= 40) return 4;
  return level >= INFO ? 6 : 7;
}
