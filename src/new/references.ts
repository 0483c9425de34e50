/**
 * Adds a folder to the `references` of the workspace's `tsconfig.json`, which `tsc -b` builds. Everything else finds an
 * application by its place. The text stays as it is otherwise: people have laid it out.
 *
 * @throws Error where that cannot be done
 */
export function withReference(text: string, path: string): string {
  const line = `{ "path": ${JSON.stringify(path)} }`;
  if (text.includes(line)) return text;
  // After the last application, else at the end of the list.
  const entries = [...text.matchAll(/^([ \t]*)\{ "path": "([^"]*)" \}/gm)];
  const last = entries.findLast(([, , known]) => known?.startsWith('apps/')) ?? entries.at(-1);
  if (last !== undefined) {
    const end = last.index + last[0].length;
    const changed = `${text.slice(0, end)},\n${last[1] ?? ''}${line}${text.slice(end)}`;
    if (isRight(text, changed, path)) return changed;
  }
  throw new Error(`tsconfig.json of the workspace is not as expected: add ${line} to its "references" and try again`);
}

function isRight(before: string, after: string, path: string): boolean {
  try {
    const [old, now] = [before, after].map((text) => pathsOf(JSON.parse(text)));
    return JSON.stringify(now?.toSorted()) === JSON.stringify([...(old ?? []), path].toSorted());
  } catch {
    return false;
  }
}

function pathsOf(config: unknown): string[] {
  const { references = [] } = config as { references?: readonly { path: string }[] };
  return references.map(({ path }) => path);
}
