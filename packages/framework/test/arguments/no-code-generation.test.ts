import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** An application as built, and what its handler and its log make of three messages. */
const PROGRAM = `
  import { duplexPair } from 'node:stream';
  import { connectEngine, IpAddress } from '@spoa/core';
  import { defineMessage, SpoaApplication } from '@spoa/framework';

  const generates = () => {
    try {
      return new Function('return true')();
    } catch (error) {
      return error.name;
    }
  };
  const seen = [];
  const app = await SpoaApplication.create({
    logger: false,
    controllers: [defineMessage({
      name: 'm',
      args: { path: 'string', ip: 'ip', port: { type: 'number', default: 80 } },
      vars: { v: 'session' },
      handle: ({ path, ip, port }) => {
        seen.push([path, String(ip), port]);
        return { v: port };
      },
    })],
  });
  const [ours, theirs] = duplexPair();
  app.handleConnection(ours);
  const engine = await connectEngine({ duplex: theirs });
  const ip = IpAddress.v4(1);
  const sent = [[['path', '/'], ['ip', ip], ['port', 1]], [['ip', ip], ['path', '/a']], [['path', '/'], ['ip', 'text']]];
  const set = [];
  for (const args of sent) set.push((await engine.notify([{ name: 'm', args }])).get('session', 'v'));
  console.log(JSON.stringify({ generates: generates(), seen, set, failures: [...app.failures] }));
  engine.destroy();
  await app.close({ timeoutMs: 0, quietMs: 0 });
`;

test.each([
  { flags: [], generates: true },
  { flags: ['--disallow-code-generation-from-strings'], generates: 'EvalError' },
])('handlers get the same with $flags', async ({ flags, generates }) => {
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, '--input-type=module', '--eval', PROGRAM], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
  });
  expect(JSON.parse(stdout)).toEqual({
    generates,
    seen: [
      ['/', '0.0.0.1', 1],
      ['/a', '0.0.0.1', 80],
    ],
    set: [1, 80, null],
    failures: [['m SPOA_ARGUMENT_TYPE', 1]],
  });
});
