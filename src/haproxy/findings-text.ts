import { styleText } from 'node:util';
import type { HaproxyFinding, Severity } from '@spoa/framework/haproxy';

const COLOURS = { error: 'red', warning: 'yellow' } as const satisfies Record<Severity, string>;

/** `haproxy.cfg:12:5: error: problem; remedy (CODE)`, as compilers write it and editors read it. */
export function findingLine(finding: HaproxyFinding, coloured: boolean): string {
  const { file, line, column, severity, problem, remedy, code } = finding;
  const kind = coloured ? styleText(['bold', COLOURS[severity]], severity, ALWAYS) : severity;
  const place = `${file}:${line}:${column}`;
  const told = visible(`${problem}; ${remedy}`);
  return `${coloured ? styleText('bold', place, ALWAYS) : place}: ${kind}: ${told} (${code})`;
}

/** Words of the files are in it: what is a command to a terminal shows as `\\x1b`. */
function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

// Node's own question differs between its versions, and is asked by isColoured.
const ALWAYS = { validateStream: false };

/** Whether somebody sees colours: a terminal that has them, and neither NO_COLOR nor NODE_DISABLE_COLORS. */
export function isColoured(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && stream.hasColors();
}

/** `2 errors, 1 warning` */
export function countsOf(findings: readonly HaproxyFinding[]): Record<Severity, number> {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  return { error: errors, warning: findings.length - errors };
}

export function countsText(counts: Record<Severity, number>): string {
  const said = Object.entries(counts).filter(([, count]) => count > 0);
  return said.map(([severity, count]) => `${count} ${severity}${count === 1 ? '' : 's'}`).join(', ') || 'nothing found';
}
