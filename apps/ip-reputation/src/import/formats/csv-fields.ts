/**
 * The fields of a CSV line (RFC 4180, without line breaks inside quotes: so a stray quote spoils one line and not the
 * rest of the file). `undefined` when a quote is not closed.
 */
export function csvFields(line: string): string[] | undefined {
  if (!line.includes('"')) return line.split(',').map((field) => field.trim());
  const fields: string[] = [];
  for (let at = 0; at <= line.length; at++) {
    while (line[at] === ' ') at++;
    if (line[at] !== '"') {
      const comma = line.indexOf(',', at);
      const end = comma === -1 ? line.length : comma;
      fields.push(line.slice(at, end).trim());
      at = end;
      continue;
    }
    let value = '';
    for (;;) {
      const quote = line.indexOf('"', at + 1);
      if (quote === -1) return undefined;
      value += line.slice(at + 1, quote);
      at = quote + 1;
      if (line[at] !== '"') break;
      value += '"';
    }
    fields.push(value);
    while (line[at] === ' ') at++;
    if (at < line.length && line[at] !== ',') return undefined;
  }
  return fields;
}
