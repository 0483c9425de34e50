import { Collections, collect, readMemory } from './memory.ts';

/** What one frame allocates, in bytes. */
export interface Allocated {
  readonly heap: number;
  /** Outside of the heap: array buffers. */
  readonly external: number;
}

/**
 * Counts what a frame allocates. Between two readings without a collection nothing is given free, so the difference is what
 * was allocated. Of a few counts the least is taken: what else goes on in a process, such as compiling, only ever adds.
 *
 * @param send sends so many frames and resolves when they are answered
 * @param step the frames of one block: `send` gets multiples of it
 */
export async function countAllocated(send: (frames: number) => Promise<void>, step: number): Promise<Allocated> {
  using collections = new Collections();
  const counts: Allocated[] = [];
  let frames = Math.max(step, 2000);
  while (counts.length < 5) {
    await collect();
    const collected = await collections.count();
    const before = readMemory();
    await send(frames);
    const after = readMemory();
    if ((await collections.count()) === collected) {
      counts.push({ heap: (after.heap - before.heap) / frames, external: (after.external - before.external) / frames });
    } else if (frames === step)
      throw new Error(`the garbage of ${frames} frames does not fit into the young generation`);
    else frames = Math.max(step, Math.floor(frames / 2 / step) * step);
  }
  return {
    heap: Math.min(...counts.map(({ heap }) => heap)),
    external: Math.min(...counts.map(({ external }) => external)),
  };
}
