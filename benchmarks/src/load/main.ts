import { parseArgs } from 'node:util';
import type { LoadTarget } from './connection.ts';
import { PAYLOAD_NAMES, type PayloadName } from './payload.ts';
import { type LoadOptions, runLoad } from './run.ts';

const HELP = `usage: load [options] HOST:PORT | /path/to/socket

Plays HAProxy to an agent: NOTIFYs on some connections, a window of them unanswered on each. Every ACK must answer one of them
and set ip_score in the session scope to an integer. Prints one line of JSON. Exit status: 0, 1 after errors, 2 for wrong usage.

  -c, --connections N   (1)
  -w, --window N        unanswered NOTIFYs on each (1)
  -d, --duration S      seconds to measure (5)
      --warmup S        seconds of load before that (1)
      --drain S         seconds for the last answers to come (2)
  -r, --rate R          an open loop of R NOTIFYs a second; without it a new NOTIFY follows each ACK
  -p, --profile P       ${PAYLOAD_NAMES.join(', ')} (ip)
  -m, --message NAME    (get-ip-reputation)
      --size N          bytes of the body of profile big (14336)
      --args N          arguments of profile many, the last of them ip (14)
      --capabilities S  announced to the agent (pipelining)
      --server-pid PID  measure this process: CPU time, peak memory
`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    connections: { type: 'string', short: 'c', default: '1' },
    window: { type: 'string', short: 'w', default: '1' },
    duration: { type: 'string', short: 'd', default: '5' },
    warmup: { type: 'string', default: '1' },
    drain: { type: 'string', default: '2' },
    rate: { type: 'string', short: 'r', default: '0' },
    profile: { type: 'string', short: 'p', default: 'ip' },
    message: { type: 'string', short: 'm', default: 'get-ip-reputation' },
    size: { type: 'string', default: '14336' },
    args: { type: 'string', default: '14' },
    capabilities: { type: 'string', default: 'pipelining' },
    'server-pid': { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
});

function parseTarget(text: string): LoadTarget | undefined {
  if (text.startsWith('/')) return { path: text };
  const [, host, port] = /^(.+):(\d+)$/.exec(text) ?? [];
  return host === undefined ? undefined : { host, port: Number(port) };
}

function parseOptions(): LoadOptions | undefined {
  const target = parseTarget(positionals[0] ?? '');
  const payload = PAYLOAD_NAMES.find((name) => name === values.profile) as PayloadName | undefined;
  const pid = values['server-pid'];
  if (target === undefined || payload === undefined || positionals.length !== 1) return undefined;
  const numbers = {
    connections: Number(values.connections),
    window: Number(values.window),
    seconds: Number(values.duration),
    warmup: Number(values.warmup),
    drain: Number(values.drain),
    rate: Number(values.rate),
    size: Number(values.size),
    args: Number(values.args),
  };
  const isSound =
    Object.values(numbers).every((value) => value >= 0) &&
    [numbers.connections, numbers.window, numbers.args].every((value) => Number.isInteger(value) && value >= 1);
  if (!isSound) return undefined;
  const { message } = values;
  const capabilities = values.capabilities.split(',');
  return { target, payload, message, capabilities, ...numbers, serverPid: pid === undefined ? undefined : Number(pid) };
}

const options = parseOptions();
if (values.help === true) process.stdout.write(HELP);
else if (options === undefined) {
  process.stderr.write(HELP);
  process.exitCode = 2;
} else {
  const result = await runLoad(options);
  console.log(JSON.stringify(result));
  process.exitCode = result.errors > 0 ? 1 : 0;
}
