import { readFile } from 'node:fs/promises';
import { HAPROXY_VERSIONS, type HaproxyVersion } from '../../../src/haproxy/index.ts';

/**
 * What a page shows of HAProxy's configuration. The fence says what it is and for which versions: `haproxy backend 3.2 3.4`.
 *
 * - `haproxy.cfg`, `spoe.conf`: whole files;
 * - `frontend`, `backend`: sections of a `haproxy.cfg`, to which the rest is added.
 */
export interface Snippet {
  readonly kind: SnippetKind;
  readonly versions: readonly HaproxyVersion[];
  readonly text: string;
}

const KINDS = ['haproxy.cfg', 'spoe.conf', 'frontend', 'backend'] as const;
export type SnippetKind = (typeof KINDS)[number];

/** All of a page, in order. @throws for a fence that names no kind, or a version that there is not */
export async function snippetsOf(page: string): Promise<Snippet[]> {
  const text = await readFile(new URL(`../../../../../docs/${page}.md`, import.meta.url), 'utf8');
  return [...text.matchAll(/^```haproxy ?(.*?)\n(.*?)^```/gms)].map(([, info = '', body = '']) => {
    const [kind, ...versions] = info.split(' ');
    if (!KINDS.some((known) => known === kind) || versions.length === 0) {
      throw new Error(`docs/${page}.md has a snippet that says neither what it is nor for which HAProxy: ${info}`);
    }
    for (const version of versions) {
      if (!HAPROXY_VERSIONS.some((known) => known === version)) throw new Error(`there is no HAProxy ${version} here`);
    }
    return { kind: kind as SnippetKind, versions: versions as HaproxyVersion[], text: body };
  });
}

const DEFAULTS = `defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
`;

const FRONTEND = `frontend web
    bind 127.0.0.1:8080
    filter spoe engine reputation config spoe.conf
    default_backend site
`;

const SITE = `backend site
    server site1 127.0.0.1:8000
`;

const AGENTS = `backend agents
    mode tcp
    server agent1 127.0.0.1:12345
`;

const SPOE = `[reputation]
spoe-agent reputation-agent
    messages request
    option var-prefix rep
    timeout hello 1s
    timeout idle 60s
    timeout processing 500ms
    use-backend agents
spoe-message request
    args ip=src
    event on-frontend-http-request
`;

/** The files of a HAProxy that has the snippet in its configuration. */
export function filesWith({ kind, text }: Snippet, others: readonly Snippet[]): Record<string, string> {
  const whole = (wanted: SnippetKind) => others.find((other) => other.kind === wanted)?.text;
  const cfg = {
    'haproxy.cfg': text,
    'spoe.conf': whole('haproxy.cfg') ?? DEFAULTS + FRONTEND + SITE + AGENTS,
    frontend: DEFAULTS + text + SITE + AGENTS,
    backend: DEFAULTS + FRONTEND + SITE + text,
  }[kind];
  return { 'haproxy.cfg': cfg, 'spoe.conf': kind === 'spoe.conf' ? text : (whole('spoe.conf') ?? SPOE) };
}
