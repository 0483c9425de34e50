/** A line of a section, or a comment before one; nothing for a blank line. */
export type Row = string | undefined;

/** A section as text: its head at the margin, its rows below it. */
export function section(head: string, rows: readonly Row[]): string {
  return `${[head, ...indented(rows)].join('\n')}\n`;
}

/** Rows as they stand in a section. */
export function indented(rows: readonly Row[]): string[] {
  return rows.map((row) => (row === undefined ? '' : `    ${row}`));
}

/** A time as HAProxy's configuration writes it. */
export function time(milliseconds: number): string {
  const whole = Math.ceil(milliseconds);
  return whole >= 1000 && whole % 1000 === 0 ? `${whole / 1000}s` : `${whole}ms`;
}
