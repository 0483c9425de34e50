import { DEFAULT_VERSION } from '../haproxy/version-option.ts';
import type { Choices } from './choices.ts';

/** What to do with a new application, as commands at the root of the workspace. */
export function nextSteps({ name }: Choices, isInstalled: boolean): [what: string, command: string][] {
  const folder = `apps/${name}`;
  return [
    ...(isInstalled ? [] : ([['install', 'npx -y pnpm@12 install']] as [string, string][])),
    ['build', 'npm run build'],
    ['test, behind a real HAProxy too', `npx vitest run ${folder}`],
    ['start', `node ${folder}/dist/main.js`],
    ['put HAProxy in front of it', `haproxy -f ${folder}/haproxy/haproxy.cfg`],
    [
      "make HAProxy's configuration anew, in the place of the one that is there",
      `npx spoa config ${name} --haproxy ${DEFAULT_VERSION} --out ${folder}/haproxy --force`,
    ],
    ['compare it with the code', `npx spoa check ${name} ${folder}/haproxy/haproxy.cfg`],
  ];
}
