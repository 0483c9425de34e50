import type { LineFormat } from '../line-format.ts';
import { csv } from './csv.ts';
import { drop } from './drop-json.ts';
import { netset, plain } from './prefix-list.ts';

/** The formats by the names that `--format` takes, in the order in which they are tried. The last takes anything. */
export const FORMATS = { drop, netset, csv, plain } as const satisfies Record<string, LineFormat>;

export type FormatName = keyof typeof FORMATS;

/** The format of a file from its name and its first lines. */
export function detectFormat(lines: readonly string[], fileName: string): FormatName {
  const line = lines.find((text) => text.trim() !== '' && !/^\s*[#;]/.test(text)) ?? '';
  const found = (Object.keys(FORMATS) as FormatName[]).find((name) => FORMATS[name].matches(line, fileName));
  return found ?? 'plain';
}
