import { parseArgs } from 'node:util';
import type { ConfigFault } from './config-error.ts';
import type { GivenValue } from './given-values.ts';

export interface Flags {
  readonly values: readonly GivenValue[];
  /** `--config FILE` */
  readonly file: string | undefined;
  /** `--print-config` */
  readonly print: boolean;
  /** `--help`, `-h` */
  readonly help: boolean;
}

/** Reads `--database.max-pool=5` and `--database.max-pool 5`; a flag without a value is `true`. */
export function readFlags(argv: readonly string[], faults: ConfigFault[]): Flags {
  const { tokens } = parseArgs({ args: [...argv], strict: false, allowPositionals: true, tokens: true });
  const values: GivenValue[] = [];
  let file: string | undefined;
  let print = false;
  let help = false;
  for (const [i, token] of tokens.entries()) {
    if (token.kind === 'option-terminator') continue;
    const before = tokens[i - 1];
    const isValue = token.kind === 'positional' && before?.kind === 'option' && takesNext(before);
    if (isValue) continue;
    const flag = token.kind === 'option' ? token.rawName : token.value;
    const fault = (problem: string) => faults.push({ key: '', problem, origin: { from: 'flag', flag } });
    if (token.kind === 'positional') {
      fault('an argument that no flag stands before');
      continue;
    }
    const next = tokens[i + 1];
    const value = token.value ?? (takesNext(token) && next?.kind === 'positional' ? next.value : undefined);
    if (token.name === 'print-config') print = value !== 'false';
    else if (flag === '--help' || flag === '-h') help = value !== 'false';
    else if (token.name === 'config') {
      if (value === undefined) fault('it wants a file');
      file = value;
    } else {
      const path = token.name.split('.').map(camelCase);
      if (!flag.startsWith('--') || path.includes('')) fault('a flag that is none: write --key=value');
      else values.push({ path, value: value ?? 'true', origin: { from: 'flag', flag } });
    }
  }
  return { values, file, print, help };
}

/** Whether what follows is its value. */
function takesNext({ name, inlineValue }: { name: string; inlineValue: boolean | undefined }): boolean {
  return inlineValue !== true && name !== 'print-config' && name !== 'help' && name !== 'h';
}

function camelCase(name: string): string {
  return name.replace(/-+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** The flag that a key can be given by. */
export function flagOf(path: readonly string[]): string {
  return `--${path.map((part) => part.replace(/([a-z0-9])([A-Z])/g, (_, a: string, b: string) => `${a}-${b.toLowerCase()}`)).join('.')}`;
}
