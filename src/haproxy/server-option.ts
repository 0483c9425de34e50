import { isIPv6 } from 'node:net';
import type { ServerDescription } from '@spoa/framework/haproxy';
import { InvalidArgumentError } from 'commander';

/** `--server`, which may stand several times: `host:port`, `[::1]:port` or the path of a unix socket. */
export function serverArgument(text: string, before: readonly ServerDescription[] = []): ServerDescription[] {
  return [...before, serverOf(text)];
}

function serverOf(text: string): ServerDescription {
  const path = text.startsWith('unix@') ? text.slice('unix@'.length) : text;
  if (path.startsWith('/')) return { path };
  const match = /^(?:\[(?<v6>[^\]]+)\]|(?<name>[^:\s[\]/]+)):(?<port>\d+)$/.exec(text);
  const { v6, name, port } = match?.groups ?? {};
  const host = v6 ?? name;
  if (host === undefined || (v6 !== undefined && !isIPv6(v6))) {
    throw new InvalidArgumentError('Use host:port, [IPv6]:port or the path of a unix socket, which begins with /.');
  }
  if (Number(port) < 1 || Number(port) > 65535) throw new InvalidArgumentError('A port is from 1 to 65535.');
  return { host, port: Number(port) };
}

/** Other servers in the place of the agent's own, with the TLS that it says for the first of the same kind. */
export function replaceServers(
  own: readonly ServerDescription[] = [],
  given: readonly ServerDescription[],
): ServerDescription[] {
  return given.map((server) => {
    const tls = own.find((one) => 'path' in one === 'path' in server)?.tls;
    return tls === undefined ? server : { ...server, tls };
  });
}
