/** Everything of a report, each key and each element of a list in a line of its own; numbers have six digits. */
export function json(report: object): string {
  const entries = Object.entries(report).map(([key, value]) => `${JSON.stringify(key)}: ${shown(value)}`);
  return `{\n${entries.join(',\n')}\n}\n`;
}

function shown(value: unknown): string {
  return Array.isArray(value) ? `[\n${value.map(line).join(',\n')}\n]` : line(value);
}

function line(value: unknown): string {
  return JSON.stringify(value, (_, inner) => (typeof inner === 'number' ? Number(inner.toPrecision(6)) : inner));
}
