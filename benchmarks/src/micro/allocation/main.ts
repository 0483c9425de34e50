import { parseArgs } from 'node:util';
import { KINDS, type Kind } from '../agents.ts';
import type { Profile } from '../payloads.ts';
import { measureIdle, measureReads } from './connections.ts';
import { measureControllers } from './controllers.ts';
import { measureFrames } from './frames.ts';
import { measureInFlight } from './in-flight.ts';

const HELP = `usage: node --expose-gc --min-semi-space-size=16 --max-semi-space-size=16 main.js WHAT

Counts memory, which takes no quiet machine, and prints JSON. Sizes are bytes, a frame or a connection.

  frames core|sync|async   what frames of each profile allocate, and what of it stays
  controllers N            what a frame allocates among so many controllers
  reads PROFILE N          what a frame allocates that TCP brings alone, on so many connections in turn
  idle N                   what so many TCP connections hold after HELLO
  in-flight N              what so many NOTIFYs in flight hold, a multiple of 1000, and what they leave behind

The young generation (16 MB) has room for what is counted at a time.
`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { help: { type: 'boolean', short: 'h' } },
});

const [what, first = '', second = ''] = positionals;

function measure(): Promise<unknown> | undefined {
  switch (what) {
    case 'frames':
      return KINDS.includes(first as Kind) ? measureFrames(first as Kind) : undefined;
    case 'controllers':
      return measureControllers(Number(first));
    case 'reads':
      return measureReads(first as Profile, Number(second));
    case 'idle':
      return measureIdle(Number(first));
    case 'in-flight':
      return measureInFlight(Number(first));
    default:
      return undefined;
  }
}

const measured = values.help === true ? undefined : measure();
if (measured !== undefined) console.log(JSON.stringify(await measured));
else if (values.help === true) process.stdout.write(HELP);
else {
  process.stderr.write(HELP);
  process.exitCode = 2;
}
