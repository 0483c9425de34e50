/** What stands between the spaces of a line, as HAProxy reads it: without quotes, escapes resolved. */
export interface Word {
  readonly text: string;
  /** Where it begins in the line, from 1. */
  readonly column: number;
  /** `false` where it holds a variable of the environment whose value is not known: the text has `${NAME}` there. */
  readonly known: boolean;
}

/** A line that says something: no blank one, no comment, none that a condition leaves out. */
export interface Line {
  readonly file: string;
  /** From 1. */
  readonly number: number;
  /** At least one; without the `no` of a negated line. */
  readonly words: readonly Word[];
  readonly negated: boolean;
  /** `false` inside an `.if` whose condition only the running HAProxy knows: the line may be there or not. */
  readonly certain: boolean;
}

/** A section of `haproxy.cfg` or of a spoe file. */
export interface Section {
  /** Its keyword, such as `frontend` or `spoe-message`. */
  readonly kind: string;
  readonly name: string | undefined;
  /** `engine` under a line `[engine]`. */
  readonly scope: string | undefined;
  readonly header: Line;
  readonly lines: readonly Line[];
}

/** Something that HAProxy could not read. */
export interface ParseFault {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly problem: string;
}

export interface ParsedConfig {
  readonly file: string;
  readonly sections: readonly Section[];
  readonly faults: readonly ParseFault[];
}

/** The words of a line as text, from the `first` on. */
export function textsOf(line: Line, first = 0): string[] {
  return line.words.slice(first).map(({ text }) => text);
}

/** As it is called in findings: `frontend web`. */
export function titleOf({ kind, name }: Section): string {
  return name === undefined ? `${kind} without a name` : `${kind} ${name}`;
}
