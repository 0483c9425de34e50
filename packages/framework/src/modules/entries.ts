import type { Class } from '../class.ts';
import { moduleOptionsOf } from '../decorators/module.ts';
import { spoeMessageOf } from '../decorators/spoe-message.ts';
import type { Provider } from '../di/provider.ts';
import type { BootFault } from '../errors.ts';
import { nameOf } from '../metadata.ts';
import { DefinedMessage } from '../routing/define-message.ts';
import { isDynamicModule } from './metadata.ts';

/*
 * What may stand in the lists of a module. TypeScript refuses most of the rest, but not what is undefined because of files that
 * import each other.
 */

const WAYS = ['useClass', 'useValue', 'useExisting', 'useFactory'] as const;

/** What is wrong with an entry of `providers`; `undefined` where nothing is. */
export function providerFault(entry: unknown, where: string): BootFault | undefined {
  if (typeof entry === 'function') return undefined;
  if (entry instanceof DefinedMessage) return misplaced(where, entry, 'list it among the controllers');
  if (isDynamicModule(entry)) return misplaced(where, entry, 'list it among the imports');
  if (typeof entry !== 'object' || entry === null || !('provide' in entry)) {
    return misplaced(where, entry, 'list a class, or { provide, useClass | useValue | useExisting | useFactory }');
  }
  const provider = entry as Partial<Record<string, unknown>>;
  const ways = WAYS.filter((way) => way in provider);
  const [way] = ways;
  if (!isToken(provider.provide)) {
    return fault(where, `what it provides is ${describe(provider.provide)}`, remedyOf(provider.provide, TOKEN));
  }
  if (way === undefined || ways.length > 1) {
    return fault(
      where,
      `it has ${ways.join(' and ') || `none of ${WAYS.join(', ')}`}`,
      'say in one way how it is made',
    );
  }
  const how = provider[way];
  const isGood = way === 'useValue' || (way === 'useExisting' ? isToken(how) : typeof how === 'function');
  return isGood ? undefined : fault(where, `its ${way} is ${describe(how)}`, remedyOf(how, 'correct it'));
}

/** What is wrong with an entry of `controllers`. */
export function controllerFault(entry: unknown, where: string): BootFault | undefined {
  if (typeof entry === 'function' || entry instanceof DefinedMessage) return undefined;
  return misplaced(where, entry, 'list controller classes, and messages made by defineMessage');
}

/** What is wrong with an entry of `imports`. */
export function importFault(entry: unknown, where: string): BootFault | undefined {
  if (isDynamicModule(entry)) {
    if (typeof entry.module === 'function') return undefined;
    return fault(
      where,
      `its module is ${describe(entry.module)}`,
      remedyOf(entry.module, 'name the class of the module'),
    );
  }
  if (typeof entry !== 'function') {
    return misplaced(where, entry, 'import a class with @Module, or what the forRoot of one returns');
  }
  if (moduleOptionsOf(entry as Class) !== undefined) return undefined;
  const list = spoeMessageOf(entry as Class) === undefined ? 'providers' : 'controllers';
  const remedy = `put @Module() on ${nameOf(entry as Class)}, or list it among the ${list}`;
  return fault(where, `${nameOf(entry as Class)} is no module`, remedy);
}

/** The token that an entry of `exports` names; `undefined` for what is neither a token nor a provider. */
export function exportedToken(entry: unknown): Provider | string | symbol | undefined {
  const token = typeof entry === 'object' && entry !== null && 'provide' in entry ? entry.provide : entry;
  return isToken(token) ? (token as Class) : undefined;
}

export function exportFault(entry: unknown, where: string): BootFault {
  return misplaced(where, entry, 'export the token of a provider, or an imported module');
}

const TOKEN = 'provide a class, a string or a symbol';

function isToken(value: unknown): boolean {
  return typeof value === 'function' || typeof value === 'string' || typeof value === 'symbol';
}

function misplaced(where: string, entry: unknown, remedy: string): BootFault {
  return fault(where, `it is ${describe(entry)}`, remedyOf(entry, remedy));
}

function describe(value: unknown): string {
  if (value instanceof DefinedMessage) return `the message ${value.message.name}`;
  if (isDynamicModule(value) && typeof value.module === 'function') return `the module ${nameOf(value.module)}`;
  if (value === undefined || value === null) return String(value);
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function remedyOf(value: unknown, otherwise: string): string {
  if (value !== undefined) return otherwise;
  return 'the file that declares it imports this one, perhaps by way of others: move what both need into a file of its own';
}

function fault(where: string, problem: string, remedy: string): BootFault {
  return { code: 'SPOA_BOOT_MODULE', where, problem, remedy };
}
