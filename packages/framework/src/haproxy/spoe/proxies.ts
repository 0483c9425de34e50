import { type Line, type Section, textsOf, type Word } from '../parse/model.ts';
import { linesOf } from './engine.ts';

/** A `filter spoe` line. */
export interface SpoeFilter {
  readonly proxy: Section;
  readonly line: Line;
  /** The scope of the spoe file that it reads. */
  readonly engine: string | undefined;
  /** The word that names the spoe file. */
  readonly path: Word | undefined;
}

/** A rule that sends a group. */
export interface GroupRule {
  readonly line: Line;
  readonly engine: Word | undefined;
  readonly group: Word | undefined;
}

const PROXIES = new Set(['frontend', 'backend', 'listen']);
const RULES = new Set(['http-request', 'http-response', 'tcp-request', 'tcp-response']);

/** What the sections of a `haproxy.cfg` say of agents. */
export class Proxies {
  /** All sections of all files, in HAProxy's order. */
  readonly sections: readonly Section[];

  constructor(sections: readonly Section[]) {
    this.sections = sections;
  }

  get filters(): SpoeFilter[] {
    return this.sections
      .filter(({ kind }) => PROXIES.has(kind))
      .flatMap((proxy) => {
        return linesOf(proxy, 'filter', 'spoe').map((line) => {
          return { proxy, line, engine: after(line, 'engine')?.text, path: after(line, 'config') };
        });
      });
  }

  get groupRules(): GroupRule[] {
    return this.sections
      .flatMap(({ lines }) => lines)
      .flatMap((line): GroupRule[] => {
        const at = textsOf(line).indexOf('send-spoe-group');
        if (at < 1 || !RULES.has(line.words[0]?.text ?? '')) return [];
        return [{ line, engine: line.words[at + 1], group: line.words[at + 2] }];
      });
  }

  backend(name: string): Section | undefined {
    return this.sections.find(({ kind, name: own }) => (kind === 'backend' || kind === 'listen') && own === name);
  }

  /** `tcp` where nothing is said. */
  modeOf(proxy: Section): string {
    return this.settingOf(proxy, 'mode')?.words[1]?.text ?? 'tcp';
  }

  /** The line that settles a setting of a proxy: its own last one, or that of its defaults. */
  settingOf(proxy: Section, ...keywords: readonly string[]): Line | undefined {
    return this.inheritedLines(proxy, ...keywords).at(-1);
  }

  /** The lines that begin with these words, of the defaults and then of the proxy. */
  inheritedLines(proxy: Section, ...keywords: readonly string[]): Line[] {
    const defaults = this.#defaultsOf(proxy);
    const inherited = defaults === undefined ? [] : this.inheritedLines(defaults, ...keywords);
    return [...inherited, ...linesOf(proxy, ...keywords)];
  }

  /** The section named by `from`, or the last one before an ordinary proxy. Defaults inherit only by name. */
  #defaultsOf(proxy: Section): Section | undefined {
    const before = this.sections.slice(0, this.sections.indexOf(proxy)).filter(({ kind }) => kind === 'defaults');
    const isAnonymous = proxy.kind === 'defaults' && proxy.name === 'from';
    const from = isAnonymous ? proxy.header.words[2]?.text : after(proxy.header, 'from')?.text;
    if (from !== undefined) return before.findLast(({ name }) => name === from);
    return proxy.kind === 'defaults' ? undefined : before.at(-1);
  }
}

function after({ words }: Line, keyword: string): Word | undefined {
  // A name may be the same as the keyword: it comes first.
  const at = words.findIndex(({ text }, i) => i > 1 && text === keyword);
  return at < 0 ? undefined : words[at + 1];
}
