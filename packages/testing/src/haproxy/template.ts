import { join, normalize } from 'node:path';
import { HaproxyError } from './errors.ts';
import type { HaproxyInstallation } from './installation.ts';
import { isAtLeast } from './version.ts';

/** What a configuration can be written from. Everything but `port` lies in the folder that is removed at the end. */
export interface HaproxyContext {
  /** `3.2.26` */
  readonly version: string;
  /** `3.2` */
  readonly line: string;
  /** Whether this HAProxy is of a line or of a later one: `atLeast('3.1')` is where `mode spop` begins. */
  atLeast(line: string): boolean;
  /** The temporary folder of this HAProxy. */
  readonly folder: string;
  /** The TCP port of this name: a free one, always the same for the same name, or the one given in `ports`. */
  port(name: string): number;
  /** A path for the unix socket of this name. Nothing listens there unless the configuration or the test does. */
  socket(name: string): string;
  /** The path of one of `files`. */
  file(name: string): string;
}

/**
 * The text of a configuration file. A function's result is taken as it is. In a string these are replaced:
 * `{{port:NAME}}`, `{{socket:NAME}}`, `{{file:NAME}}`, `{{folder}}`, `{{version}}`, `{{line}}`.
 */
export type HaproxyTemplate = string | ((context: HaproxyContext) => string);

export interface ContextOptions {
  readonly installation: HaproxyInstallation;
  readonly folder: string;
  readonly fileNames: readonly string[];
  /** Gets a free port the first time a name is asked for. */
  readonly takePort: (name: string) => number;
}

export function createContext({ installation, folder, fileNames, takePort }: ContextOptions): HaproxyContext {
  const { version, line } = installation;
  return {
    version,
    line,
    folder,
    atLeast: (wanted) => isAtLeast(line, wanted),
    port: takePort,
    socket: (name) => join(folder, `${name}.sock`),
    file: (name) => {
      if (fileNames.includes(name)) return join(folder, name);
      throw new HaproxyError(
        'HAPROXY_TEMPLATE',
        `there is no file "${name}"; files: ${fileNames.join(', ') || 'none'}`,
      );
    },
  };
}

// HAProxy's own syntax has %[...], ${...} and single braces: nothing that looks like this.
const PLACEHOLDER = /\{\{\s*([a-z]+)(?::([\w./-]+))?\s*\}\}/g;

export function renderTemplate(template: HaproxyTemplate, context: HaproxyContext): string {
  const text =
    typeof template === 'function'
      ? template(context)
      : template.replace(PLACEHOLDER, (placeholder, kind: string, name: string | undefined) =>
          resolvePlaceholder(placeholder, kind, name, context),
        );
  // HAProxy refuses a file whose last line does not end.
  return text.endsWith('\n') ? text : `${text}\n`;
}

function resolvePlaceholder(
  placeholder: string,
  kind: string,
  name: string | undefined,
  context: HaproxyContext,
): string {
  if (name !== undefined) {
    if (kind === 'port') return String(context.port(name));
    if (kind === 'socket') return context.socket(name);
    if (kind === 'file') return context.file(name);
  } else if (kind === 'folder' || kind === 'version' || kind === 'line') {
    return context[kind];
  }
  throw new HaproxyError(
    'HAPROXY_TEMPLATE',
    `unknown placeholder ${placeholder}; there are {{port:NAME}}, {{socket:NAME}}, {{file:NAME}}, {{folder}}, ` +
      '{{version}} and {{line}}',
  );
}

/** The path of an extra file. @throws HaproxyError HAPROXY_TEMPLATE when its name leads out of the folder. */
export function pathInside(folder: string, name: string): string {
  const path = join(folder, name);
  if (name !== '' && path === `${folder}/${normalize(name)}` && !normalize(name).startsWith('..')) return path;
  throw new HaproxyError('HAPROXY_TEMPLATE', `"${name}" is no name for a file in HAProxy's folder`);
}
