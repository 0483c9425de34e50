import { readFile } from 'node:fs/promises';

/** The text of a page of `docs/`. */
export function readPage(name: string): Promise<string> {
  return readFile(new URL(`../../../../../docs/${name}.md`, import.meta.url), 'utf8');
}
