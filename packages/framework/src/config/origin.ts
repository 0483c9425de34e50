/** Where the value of a key came from. */
export type Origin =
  | { readonly from: 'flag'; readonly flag: string }
  | { readonly from: 'environment'; readonly variable: string }
  /** A file as `.env`. */
  | { readonly from: 'env-file'; readonly file: string; readonly variable: string }
  /** `line` is that of the value, from 1. */
  | { readonly from: 'file'; readonly file: string; readonly line?: number }
  /** Nobody gave it: the schema did. */
  | { readonly from: 'default' };

/** An origin in words: `config.yaml:4`, `PORT in .env`, `PORT`, `--port`, `default`. */
export function describeOrigin(origin: Origin): string {
  switch (origin.from) {
    case 'flag':
      return origin.flag;
    case 'environment':
      return origin.variable;
    case 'env-file':
      return `${origin.variable} in ${origin.file}`;
    case 'file':
      return origin.line === undefined ? origin.file : `${origin.file}:${origin.line}`;
    case 'default':
      return 'default';
  }
}
