import { type Line, type ParsedConfig, type Section, textsOf, type Word } from '../parse/model.ts';

/** A name and where it stands. */
export interface Reference {
  readonly name: string;
  readonly line: Line;
  readonly word: Word;
}

export interface SentArgument {
  /** Empty where it has none. */
  readonly name: string;
  readonly sample: string;
  readonly line: Line;
  readonly word: Word;
}

export interface SpoeMessageSection {
  readonly name: string;
  readonly section: Section;
  readonly args: readonly SentArgument[];
  /** The last one counts. */
  readonly events: readonly Reference[];
}

export interface SpoeGroupSection {
  readonly name: string;
  readonly section: Section;
  readonly messages: readonly Reference[];
}

/** What one engine's scope of a spoe file says. */
export interface SpoeEngine {
  /** As rules call it. */
  readonly name: string;
  readonly agent: Section;
  /** Everything in the scope. */
  readonly sections: readonly Section[];
  readonly prefix: string;
  /** The messages that the agent lists: those with an event. */
  readonly listed: readonly Reference[];
  readonly listedGroups: readonly Reference[];
  readonly groups: readonly SpoeGroupSection[];
  readonly messages: readonly SpoeMessageSection[];
}

/** The sections that HAProxy reads for an engine: those of its scope, or those without one. */
export function sectionsOfScope({ sections }: ParsedConfig, engine: string | undefined): Section[] {
  return sections.filter(({ scope }) => scope === engine);
}

/** @returns `undefined` where the scope has no agent */
export function readEngine(sections: readonly Section[], name: string | undefined): SpoeEngine | undefined {
  const agent = sections.find(({ kind }) => kind === 'spoe-agent');
  if (agent === undefined) return undefined;
  const prefix = optionValue(agent, 'var-prefix')?.text ?? agent.name ?? '';
  return {
    name: name ?? agent.name ?? '',
    agent,
    sections,
    prefix,
    listed: references(agent, 'messages'),
    listedGroups: references(agent, 'groups'),
    groups: sections
      .filter(({ kind }) => kind === 'spoe-group')
      .map((section) => ({ name: section.name ?? '', section, messages: references(section, 'messages') })),
    messages: sections.filter(({ kind }) => kind === 'spoe-message').map(readMessage),
  };
}

function readMessage(section: Section): SpoeMessageSection {
  const args = references(section, 'args').map(({ name: text, line, word }): SentArgument => {
    const at = text.indexOf('=');
    return { name: at < 0 ? '' : text.slice(0, at), sample: text.slice(at + 1), line, word };
  });
  const events = linesOf(section, 'event').flatMap((line) => {
    const word = line.words[1];
    return word === undefined ? [] : [{ name: word.text, line, word }];
  });
  return { name: section.name ?? '', section, args, events };
}

/** The lines of a section that begin with these words. */
export function linesOf(section: Section, ...keywords: readonly string[]): Line[] {
  return section.lines.filter((line) => {
    const texts = textsOf(line);
    return keywords.every((keyword, i) => texts[i] === keyword);
  });
}

function references(section: Section, keyword: string): Reference[] {
  return linesOf(section, keyword).flatMap((line) =>
    line.words.slice(1).map((word) => ({ name: word.text, line, word })),
  );
}

/** The value of an option of the agent section: the last one counts. */
export function optionValue(agent: Section, option: string): Word | undefined {
  return linesOf(agent, 'option', option).at(-1)?.words[2];
}
