type Path = readonly string[];

/** The key that a misspelled one is most likely meant to be; `undefined` where none is near. */
export function nearestKey(path: Path, keys: Iterable<Path>): Path | undefined {
  const text = plain(path);
  // A third of the letters may be wrong, and one of few.
  let best = Math.max(1, Math.floor(text.length / 3)) + 1;
  let nearest: Path | undefined;
  for (const key of keys) {
    const isAbove = key.every((part, i) => part === path[i]);
    const distance = distanceOf(text, plain(key));
    if (isAbove || distance >= best) continue;
    best = distance;
    nearest = key;
  }
  return nearest;
}

/** What is wrong with a key is often where its parts end: `databaseUrl` for `database.url`. */
function plain(path: Path): string {
  return path.join('').replace(/[-_]/g, '').toLowerCase();
}

/** How many letters must be added, dropped, changed, or swapped with the next one, to make one of the other. */
function distanceOf(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = at(above, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwapped ? at(before, j - 2) + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(at(above, j) + 1, at(row, j - 1) + 1, changed, swapped));
    }
    [before, above] = [above, row];
  }
  return at(above, b.length);
}

function at(row: readonly number[], i: number): number {
  return row[i] as number;
}
