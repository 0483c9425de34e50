import { extname } from 'node:path';
import {
  type Document,
  isCollection,
  isMap,
  isScalar,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
} from 'yaml';
import type { ConfigFault } from './config-error.ts';
import type { GivenValue } from './given-values.ts';
import type { Origin } from './origin.ts';
import { readText } from './read-text.ts';

const EXTENSIONS = ['.yaml', '.yml', '.json'];

/** Reads a YAML or JSON file: every value with its line. JSON is YAML, so one parser does both. */
export async function readConfigFile(file: string, faults: ConfigFault[]): Promise<GivenValue[]> {
  if (!EXTENSIONS.includes(extname(file).toLowerCase())) {
    const problem = `its name ends in none of ${EXTENSIONS.join(', ')}`;
    faults.push({ key: '', problem, origin: { from: 'file', file } });
    return [];
  }
  const text = await readText(file, faults);
  return text === undefined ? [] : new FileReader(file, text, faults).read();
}

class FileReader {
  readonly #file: string;
  readonly #faults: ConfigFault[];
  readonly #lines = new LineCounter();
  readonly #document: Document.Parsed<ParsedNode>;
  readonly #values: GivenValue[] = [];

  constructor(file: string, text: string, faults: ConfigFault[]) {
    this.#file = file;
    this.#faults = faults;
    // The pretty messages quote the line, which may hold a password.
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, logLevel: 'silent' });
  }

  read(): GivenValue[] {
    const { contents, errors } = this.#document;
    for (const { message, pos } of errors) this.#fault([], message, this.#at(pos[0]));
    if (errors.length > 0 || contents === null) return [];
    if (isMap(contents)) this.#readNode(contents, []);
    else if (!isScalar(contents) || contents.value !== null) {
      this.#fault([], 'names and values were expected', this.#origin(contents));
    }
    return this.#values;
  }

  #readNode(node: Node | null, path: readonly string[], key?: Node): void {
    if (isMap(node) && (node.items.length > 0 || path.length === 0)) {
      for (const { key, value } of node.items) {
        if (isScalar(key)) this.#readNode(value as Node | null, [...path, String(key.value)], key);
        else this.#fault(path, 'a name that is no text', this.#origin(key as Node));
      }
      return;
    }
    const origin = this.#origin(node ?? key);
    const inside = new Map<string, Origin>();
    this.#locate(node, [], inside, path);
    this.#values.push({ path, value: this.#valueOf(node, path), origin, inside });
  }

  #valueOf(node: Node | null, path: readonly string[]): unknown {
    try {
      return node?.toJS(this.#document) ?? null;
    } catch (error) {
      // An alias of nothing, or too many of them.
      this.#fault(path, error instanceof Error ? error.message : String(error), this.#origin(node));
      return null;
    }
  }

  /** Notes where the things in a list stand, and what is wrong with any. */
  #locate(node: unknown, from: readonly string[], inside: Map<string, Origin>, path: readonly string[]): void {
    if (isScalar(node) && typeof node.value === 'number' && isRounded(node.value)) {
      this.#fault([...path, ...from], 'an integer beyond 2^53-1: write it as text, in quotes', this.#origin(node));
    }
    if (!isCollection(node)) return;
    for (const [i, item] of node.items.entries()) {
      const isPair = isMap(node);
      const key = isPair ? (item as { key: unknown }).key : i;
      const child = isPair ? (item as { value: unknown }).value : item;
      const below = [...from, String(isScalar(key) ? key.value : key)];
      inside.set(below.join('.'), this.#origin(child as Node));
      this.#locate(child, below, inside, path);
    }
  }

  #origin(node: Node | null | undefined): Origin {
    return this.#at(node?.range?.[0]);
  }

  #at(offset: number | undefined): Origin {
    if (offset === undefined) return { from: 'file', file: this.#file };
    return { from: 'file', file: this.#file, line: this.#lines.linePos(offset).line };
  }

  #fault(path: readonly string[], problem: string, origin: Origin): void {
    this.#faults.push({ key: path.join('.'), problem, origin });
  }
}

function isRounded(value: number): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value);
}
