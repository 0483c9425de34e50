/*
 * Memory for bytes that a handler may read until its NOTIFY is answered, also behind an `await`. V8 collects its garbage for
 * every few dozen megabytes of buffers that were made, whatever they are worth, so that with bodies of 14 kB a copy for each
 * costs three times what the rest of a NOTIFY does. What is lent is used again instead. It is taken away from the handler first,
 * by moving the memory into another `ArrayBuffer`: whoever kept the buffer finds it empty, and never sees the bytes of others.
 */

/** The sizes there are: powers of two from 256 bytes to 64 KiB. */
const SMALLEST = 8;
const LARGEST = 16;
/** What is kept of memory that nobody has, in bytes. */
const MOST = 4 * 1024 * 1024;

const free: ArrayBuffer[][] = Array.from({ length: LARGEST + 1 }, () => []);
let kept = 0;

/** Copies `bytes` into memory that can be taken back. */
export function lend(bytes: Uint8Array): Buffer<ArrayBuffer> {
  const lent = Buffer.from(take(bytes.length), 0, bytes.length);
  lent.set(bytes);
  return lent;
}

function take(length: number): ArrayBuffer {
  const size = Math.max(SMALLEST, 32 - Math.clz32(length - 1));
  const memory = free[size]?.pop();
  if (memory === undefined) return new ArrayBuffer(size > LARGEST ? length : 1 << size);
  kept -= memory.byteLength;
  return memory;
}

/** Takes the memory of `lent` back: the buffer is empty then, as are all that were cut from it. */
export function takeBack({ buffer }: Buffer<ArrayBuffer>): void {
  const memory = move(buffer);
  const places = free[31 - Math.clz32(memory.byteLength)];
  if (places === undefined || kept + memory.byteLength > MOST) return;
  kept += memory.byteLength;
  places.push(memory);
}

/** Node 20 has the slower way only. */
const move: (memory: ArrayBuffer) => ArrayBuffer =
  'transfer' in ArrayBuffer.prototype
    ? (memory) => (memory as ArrayBuffer & { transfer(): ArrayBuffer }).transfer()
    : (memory) => structuredClone(memory, { transfer: [memory] });
