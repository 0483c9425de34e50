import { DEFAULT_MAX_FRAME_SIZE } from '../description.ts';
import { linesOf } from '../spoe/engine.ts';
import { parseSize } from '../spoe/values.ts';
import { DEFAULT_BUFFER_SIZE, FRAME_OVERHEAD, MIN_FRAME_SIZE } from '../spoe-names.ts';
import { hasMultiplexer } from '../versions.ts';
import type { CheckContext } from './context.ts';
import { finding, type HaproxyFinding, type Place } from './findings.ts';

/** Frames that HAProxy cannot hold, those that the agent does not take, and requests that are larger than any. */
export function checkFrameSize(context: CheckContext): HaproxyFinding[] {
  return [...checkLargest(context), ...checkFragments(context)];
}

/**
 * Up to 3.0 HAProxy cuts a request in pieces that is larger than a frame, if the agent wants that. The agent says so only to
 * who announces `async`: it is how it tells these versions from later ones.
 */
function checkFragments({ engine: { agent }, version }: CheckContext): HaproxyFinding[] {
  const [async, fragments] = ['async', 'send-frag-payload'].map((option) => linesOf(agent, 'option', option).at(-1));
  if (hasMultiplexer(version) || async?.negated !== true || fragments?.negated === true) return [];
  const problem = 'a request larger than a frame is sent on ever new connections until its time is over';
  const remedy = 'take the line away, or add `no option send-frag-payload`: such a request then fails at once';
  return [finding('SPOA_HAPROXY_NO_ASYNC', { line: async }, problem, remedy)];
}

function checkLargest({ engine, proxies, description }: CheckContext): HaproxyFinding[] {
  const { maxFrameSize = DEFAULT_MAX_FRAME_SIZE } = description;
  const bufferLine = proxies.sections
    .filter(({ kind }) => kind === 'global')
    .flatMap((section) => linesOf(section, 'tune.bufsize'))
    .at(-1);
  const buffer = bufferLine === undefined ? DEFAULT_BUFFER_SIZE : parseSize(bufferLine.words[1]?.text ?? '');
  const line = linesOf(engine.agent, 'max-frame-size').at(-1);
  const word = line?.words[1];
  const most = buffer === undefined ? undefined : buffer - FRAME_OVERHEAD;
  // HAProxy reads the digits and leaves what follows them.
  const own = word?.known === true ? Number.parseInt(word.text, 10) || 0 : undefined;
  if (line !== undefined && own !== undefined && (own < MIN_FRAME_SIZE || own > (most ?? own))) {
    const problem = `HAProxy takes a max-frame-size from ${MIN_FRAME_SIZE} to ${most ?? 'tune.bufsize - 4'}, not ${own}`;
    return [finding('SPOA_HAPROXY_REJECTED', { line, word }, problem, 'use one in the range, or raise `tune.bufsize`')];
  }
  const size = line === undefined ? most : own;
  if (size === undefined || size <= maxFrameSize) return [];
  const place: Place = { line: line ?? bufferLine ?? engine.agent.header, word };
  const problem = `HAProxy makes frames of up to ${size} bytes, and the agent takes ${maxFrameSize}: larger requests get no answer`;
  return [
    finding(
      'SPOA_HAPROXY_FRAME_SIZE',
      place,
      problem,
      `add \`max-frame-size ${maxFrameSize}\`, or raise the agent's maxFrameSize`,
    ),
  ];
}
