export type Cell = string | number;

/** A table in Markdown; columns of numbers are set to the right. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const rule = head.map((_, column) =>
    rows.every((row) => /^(\d|n\/a|$)/.test(String(row[column]))) ? '---:' : '---',
  );
  return [head, rule, ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** Frames and the like: `1.04 M`, `27.3 k`. */
export function count(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  return value >= 1e3 ? `${(value / 1e3).toFixed(1)} k` : value.toFixed(0);
}

/** A number with as many decimals as three digits need, two at most. */
export function decimal(value: number): string {
  if (!Number.isFinite(value)) return 'n/a';
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}
