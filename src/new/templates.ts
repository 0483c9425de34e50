import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prefixOf } from '@spoa/framework/haproxy';
import type { Choices, DatabaseChoice } from './choices.ts';
import { classNameOf, fileNameOf } from './names.ts';

const TEMPLATES = fileURLToPath(new URL('../../templates/', import.meta.url));

/** The folders of each choice: files of a later one stand in for those of the same name. */
const FOLDERS = {
  none: ['app'],
  pglite: ['app', 'app-pglite'],
} as const satisfies Record<DatabaseChoice, readonly string[]>;

/** Files by their path within the application, `/` between its parts. */
export type Files = ReadonlyMap<string, string>;

/** The templates of a choice, with the names filled in. */
export async function renderTemplates(choices: Choices): Promise<Files> {
  const files = new Map<string, string>();
  for (const folder of FOLDERS[choices.database]) {
    const root = join(TEMPLATES, folder);
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((one) => one.isFile())) {
      const path = join(entry.parentPath, entry.name);
      const name = relative(root, path).replaceAll('\\', '/').replaceAll('message-name', fileNameOf(choices.message));
      files.set(name, filledIn(await readFile(path, 'utf8'), choices));
    }
  }
  return files;
}

function filledIn(text: string, { name, message, port }: Choices): string {
  const values: Readonly<Record<string, string>> = {
    'app-name': name,
    app_name: prefixOf({ engine: name, messages: [] }),
    './message-name.': `./${fileNameOf(message)}.`,
    '/message-name.': `/${fileNameOf(message)}.`,
    'message-name': message,
    MessageName: classNameOf(message),
    '12345': String(port),
  };
  // In one go, so that a value that looks like another's name stays as it is.
  return text.replaceAll(
    /app-name|app_name|\.?\/message-name\.|message-name|MessageName|12345/g,
    (key) => values[key] ?? key,
  );
}
