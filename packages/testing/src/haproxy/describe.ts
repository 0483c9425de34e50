/** A configuration file as it was written for HAProxy. */
export interface HaproxyFile {
  readonly name: string;
  readonly path: string;
  readonly content: string;
}

/** A file with its line numbers; the lines that a message of HAProxy points at (`[/path/haproxy.cfg:12]`) are marked. */
export function numbered(file: HaproxyFile, message = ''): string {
  const marked = new Set<number>();
  for (const [, path, line] of message.matchAll(/\[([^\]\s]+?):(\d+)\]/g)) {
    if (path === file.path) marked.add(Number(line));
  }
  const lines = file.content.replace(/\n$/, '').split('\n');
  const width = String(lines.length).length;
  const rows = lines.map((text, index) => {
    const mark = marked.has(index + 1) ? '>' : ' ';
    return `${mark} ${String(index + 1).padStart(width)} | ${text}`.trimEnd();
  });
  return [`--- ${file.name}`, ...rows].join('\n');
}

const SHOWN_LOG_LINES = 200;

/** The end of a log, under a heading that says how much of it this is. */
export function logTail(lines: readonly string[], total: number): string {
  const shown = lines.slice(-SHOWN_LOG_LINES);
  const count = shown.length === total ? `${total} lines` : `the last ${shown.length} of ${total} lines`;
  return [`--- log (${count})`, ...shown].join('\n');
}
