import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** Longer lines are cut: they are no line of any list, and must not fill the memory. */
const MAX_LINE = 64 * 1024;

/**
 * The lines of a stream, some hundreds at a time (each chunk's), without their ends. Gzip is unpacked, a byte order
 * mark dropped.
 *
 * @throws Error when the stream fails or is broken gzip
 */
export async function* readLines(source: Readable): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of unpack(source)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() as string;
    if (rest.length > MAX_LINE) rest = rest.slice(0, MAX_LINE);
    if (lines.length > 0) yield lines.map(withoutReturn);
  }
  rest += decoder.decode();
  if (rest !== '') yield [withoutReturn(rest)];
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

/** Unpacks gzip where the first two bytes say so. */
async function* unpack(source: Readable): AsyncGenerator<Buffer> {
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let head = Buffer.alloc(0);
  while (head.length < 2) {
    const { done, value } = await chunks.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  const all = (async function* () {
    yield head;
    for (;;) {
      const { done, value } = await chunks.next();
      if (done) return;
      yield value;
    }
  })();
  if (head[0] !== 0x1f || head[1] !== 0x8b) {
    yield* all;
    return;
  }
  yield* pipeline(all, createGunzip(), () => {}) as AsyncIterable<Buffer>;
}
