import { createReadStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Database } from '../database/database.ts';
import { importList } from '../import/import-list.ts';

/** The files of lists/, which see lists/README.md, and the lists they become. */
const BUNDLED = [
  { file: 'special-purpose.csv', list: 'special-purpose' },
  { file: 'demo-blocklist.netset', list: 'demo-blocklist', reason: 'seen attacking (demonstration)' },
  { file: 'demo-drop.jsonl', list: 'demo-drop' },
  { file: 'demo-scores.csv', list: 'demo-scores' },
] as const;

const BEGUN = 'bundled lists begun at';
const SEEDED = 'bundled lists imported at';

/**
 * Imports the bundled lists into a database that is new: it holds no entries, and was never seeded before. So who
 * removes them does not get them back. Where that was interrupted it is done again.
 *
 * @returns how many entries were imported
 */
export async function seedBundledLists(database: Database): Promise<number> {
  const [state] = await database.query<{ known: boolean }>(
    `SELECT EXISTS (SELECT FROM reputation.property WHERE name = $1)
         OR EXISTS (SELECT FROM reputation.entry) AND NOT EXISTS (SELECT FROM reputation.property WHERE name = $2) AS known`,
    [SEEDED, BEGUN],
  );
  if (state?.known) return 0;
  await note(database, BEGUN);
  let entries = 0;
  for (const { file, ...options } of BUNDLED) {
    const source = createReadStream(fileURLToPath(new URL(`../../lists/${file}`, import.meta.url)));
    entries += (await importList(database, source, { ...options, fileName: file })).entries;
  }
  await note(database, SEEDED);
  return entries;
}

async function note(database: Database, name: string): Promise<void> {
  await database.query('INSERT INTO reputation.property VALUES ($1, now()::text) ON CONFLICT DO NOTHING', [name]);
}
