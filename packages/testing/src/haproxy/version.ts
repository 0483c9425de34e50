/** What `haproxy -v` says of itself. */
export interface ReportedVersion {
  /** Without a distribution's suffix: `3.2.26`, `3.3-dev5`. */
  readonly version: string;
  /** The branch: `3.2`. */
  readonly line: string;
}

// 2.x before 2.3 spells itself "HA-Proxy"; Debian appends its own revision, "-1+deb12u3".
const VERSION = /^HA-?Proxy version (\d+\.\d+)(\.\d+|-dev\d+)?/m;

/** Reads the output of `haproxy -v`; undefined when it is not HAProxy's. */
export function parseHaproxyVersion(output: string): ReportedVersion | undefined {
  const match = VERSION.exec(output);
  const line = match?.[1];
  return line === undefined ? undefined : { version: `${line}${match?.[2] ?? ''}`, line };
}

/** Whether a version or line (`3.2.26`, `3.1`) is of `line` or of a later one: `isAtLeast('3.2.26', '3.1')`. */
export function isAtLeast(version: string, line: string): boolean {
  const [major = 0, minor = 0] = numbers(version);
  const [wantedMajor = 0, wantedMinor = 0] = numbers(line);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

function numbers(version: string): number[] {
  return version.split('.', 2).map((part) => Number.parseInt(part, 10));
}
