import { isIPv6 } from 'node:net';
import { type AgentDescription, processingTimeout, type ServerDescription, type ServerTls } from '../description.ts';
import { quoteWord } from '../parse/quote.ts';
import { type HaproxyVersion, hasMultiplexer } from '../versions.ts';
import { section, time } from './layout.ts';
import { backendName } from './spoe-file.ts';

const DEFAULT_CONNECT_MS = 1000;
/** What HAProxy keeps a connection for at least that has no work. */
const SERVER_MS = 60_000;

/** The backend of the agent's workers. */
export function backend(description: AgentDescription, version: HaproxyVersion): string {
  const { servers = [], timeouts } = description;
  const isSpop = hasMultiplexer(version);
  return section(`backend ${backendName(description)}`, [
    isSpop
      ? '# SPOP has had a mode of its own since 3.1.'
      : '# Up to 3.0 HAProxy takes SPOP for TCP: there is no `mode spop`.',
    isSpop ? 'mode spop' : 'mode tcp',
    '# Said, for the default has been `random` since 3.3.',
    'balance roundrobin',
    '# A worker that twice does not say HELLO gets no messages until it does.',
    'option spop-check',
    `timeout connect ${time(timeouts?.connectMs ?? DEFAULT_CONNECT_MS)}`,
    '# Well above `timeout processing`: this one cuts the connection, and with it the answers to everybody else.',
    `timeout server ${time(Math.max(SERVER_MS, 2 * processingTimeout(description)))}`,
    ...servers.map((server, i) => serverLine(server, i)),
  ]);
}

function serverLine(server: ServerDescription, index: number): string {
  const { name = `agent${index + 1}`, tls } = server;
  const words = [
    'server',
    name,
    quoteWord(addressOf(server)),
    'check',
    'inter',
    '1s',
    'fall',
    '2',
    'rise',
    '2',
    ...tlsWords(tls),
  ];
  return words.join(' ');
}

function addressOf(server: ServerDescription): string {
  if ('path' in server) return `unix@${server.path}`;
  return isIPv6(server.host) ? `[${server.host}]:${server.port}` : `${server.host}:${server.port}`;
}

function tlsWords(tls: ServerTls | undefined): string[] {
  if (tls === undefined) return [];
  const { verify = true, caFile = '@system-ca', serverName, certificateFile } = tls;
  return [
    'ssl',
    ...(verify ? ['verify', 'required', 'ca-file', quoteWord(caFile)] : ['verify', 'none']),
    // Health checks have an SNI of their own.
    ...(serverName === undefined ? [] : ['sni', quoteWord(`str(${serverName})`), 'check-sni', quoteWord(serverName)]),
    ...(serverName === undefined || !verify ? [] : ['verifyhost', quoteWord(serverName)]),
    ...(certificateFile === undefined ? [] : ['crt', quoteWord(certificateFile)]),
  ];
}
