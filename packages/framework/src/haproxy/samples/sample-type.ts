import { CONVERTERS, FETCHES } from './keywords.ts';

/** What a sample expression gives; `any`: not known before it runs; `same`: of converters, what went in. */
export type SampleType = 'boolean' | 'integer' | 'address' | 'string' | 'binary' | 'any' | 'same';

/**
 * The type of what a sample expression gives, such as `address` for `src,ipmask(24)`. `undefined` where it depends on the
 * request or on what HAProxy was extended with (`var(...)`, Lua).
 */
export function sampleType(expression: string): Exclude<SampleType, 'any' | 'same'> | undefined {
  let type: Exclude<SampleType, 'same'> = 'any';
  for (const [i, name] of namesOf(expression).entries()) {
    const next: SampleType = (i === 0 ? FETCHES : CONVERTERS).get(name) ?? 'any';
    if (next !== 'same') type = next;
  }
  return type === 'any' ? undefined : type;
}

/** The fetch and its converters, without their arguments: `src`, `ipmask` for `src,ipmask(24)`. */
function namesOf(expression: string): string[] {
  const names: string[] = [];
  let rest = expression;
  while (rest !== '') {
    const name = /^[^,(]*/.exec(rest)?.[0] ?? '';
    names.push(name);
    rest = rest.slice(name.length);
    if (rest.startsWith('(')) rest = rest.slice(lengthOfArguments(rest));
    rest = rest.replace(/^,/, '');
  }
  return names;
}

/** From the opening parenthesis to the closing one, which may stand in quotes or be escaped in between. */
function lengthOfArguments(text: string): number {
  return /^\((?:\\.|'[^']*'|"(?:\\.|[^"\\])*"|[^)\\'"])*\)?/s.exec(text)?.[0].length ?? text.length;
}
