/** A file of a configuration. */
export interface ConfigFile {
  /** Its name or path, for findings; a spoe file is found by it. */
  readonly file: string;
  readonly text: string;
}

export interface ConfigFiles {
  /** What HAProxy is started with, in its order. */
  readonly haproxy: readonly ConfigFile[];
  /** What the `filter` lines name: see `spoeFilesOf`. */
  readonly spoe: readonly ConfigFile[];
}
