/**
 * Header fields by name, whatever the case of its letters. Names are kept in lower case, in the order in which they first
 * came, and a name's values in theirs. Values are text with one character a byte (ISO-8859-1), as in Node.js's own HTTP:
 * nothing is lost, and `Buffer.from(value, 'latin1').toString()` gives one that is UTF-8.
 *
 * @example
 * const headers = new HeaderMap([['X-Score', '80']]);
 * headers.append('x-score', '90');
 * headers.get('X-SCORE'); // '80, 90'
 */
export class HeaderMap implements Iterable<[name: string, value: string]> {
  readonly #values = new Map<string, string[]>();
  #size = 0;

  constructor(fields: Iterable<readonly [name: string, value: string]> = []) {
    for (const [name, value] of fields) this.append(name, value);
  }

  /** How many fields there are; one name can have several. */
  get size(): number {
    return this.#size;
  }

  /** All values of a name, joined as HTTP joins them: by a comma, cookies by a semicolon. */
  get(name: string): string | undefined {
    const key = name.toLowerCase();
    return this.#values.get(key)?.join(key === 'cookie' ? '; ' : ', ');
  }

  /** Each value of a name. */
  getAll(name: string): readonly string[] {
    return this.#values.get(name.toLowerCase())?.slice() ?? [];
  }

  has(name: string): boolean {
    return this.#values.has(name.toLowerCase());
  }

  /** Adds a field behind those of the same name. */
  append(name: string, value: string): this {
    const key = name.toLowerCase();
    const values = this.#values.get(key);
    if (values === undefined) this.#values.set(key, [value]);
    else values.push(value);
    this.#size += 1;
    return this;
  }

  /** Puts one field in the place of all of this name. */
  set(name: string, value: string): this {
    const key = name.toLowerCase();
    this.#size += 1 - (this.#values.get(key)?.length ?? 0);
    this.#values.set(key, [value]);
    return this;
  }

  /** Removes all fields of a name; `false` where there was none. */
  delete(name: string): boolean {
    const key = name.toLowerCase();
    this.#size -= this.#values.get(key)?.length ?? 0;
    return this.#values.delete(key);
  }

  /** The names, each once. */
  names(): IterableIterator<string> {
    return this.#values.keys();
  }

  /** Every field. */
  *[Symbol.iterator](): IterableIterator<[name: string, value: string]> {
    for (const [name, values] of this.#values) {
      for (const value of values) yield [name, value];
    }
  }
}
