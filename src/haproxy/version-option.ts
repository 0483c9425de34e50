import { HAPROXY_VERSIONS, type HaproxyVersion } from '@spoa/framework/haproxy';
import { InvalidArgumentError, Option } from 'commander';

/** The current long-term line. What `haproxy -v` says here is no guide: HAProxy runs elsewhere as a rule. */
export const DEFAULT_VERSION: HaproxyVersion = '3.2';

/** `--haproxy 3.2`; what `haproxy -v` prints, `3.2.26`, is taken too. */
export function haproxyOption(): Option {
  return new Option('--haproxy <version>', `version of HAProxy: ${HAPROXY_VERSIONS.join(', ')}`)
    .argParser(versionArgument)
    .default(DEFAULT_VERSION);
}

function versionArgument(text: string): HaproxyVersion {
  const match = /^(\d+)\.(\d+)(?:[.-].*)?$/.exec(text);
  if (match === null) throw new InvalidArgumentError(`Use one of ${HAPROXY_VERSIONS.join(', ')}.`);
  const [major, minor] = [Number(match[1]), Number(match[2])];
  const nearest = HAPROXY_VERSIONS.findLast((version) => !isNewer(version, major, minor));
  if (nearest === `${major}.${minor}`) return nearest;
  const remedy =
    nearest === undefined
      ? `The oldest that is known is ${HAPROXY_VERSIONS[0]}.`
      : `For ${major}.${minor} use ${nearest}, the one before it that is known.`;
  throw new InvalidArgumentError(remedy);
}

function isNewer(version: HaproxyVersion, major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor > minor);
}
