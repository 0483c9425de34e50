import type { Kind } from '../../benchmarks/src/micro/agents.ts';
import type { Allocated } from '../../benchmarks/src/micro/allocation/count.ts';
import type { Profile } from '../../benchmarks/src/micro/payloads.ts';

/** What an enhancer allocates is its own matter. */
type Bounded = Exclude<Kind, 'enhanced'>;

/**
 * What one frame may allocate, in bytes: garbage of the young generation, and array buffers outside of the heap. Each number is
 * the most that Node 20, 22, 24 and 26 were seen to need, times 1.3. Lower them when less is needed.
 *
 * The frames come 100 in a read, in process, where a read's ACKs are copied out: 25 bytes a frame. The core handler reads the
 * same arguments as the sync controllers, by name, and a view of `body`; async controllers copy it.
 */
export const ALLOCATED: Readonly<Record<Bounded, Readonly<Record<Profile, Allocated>>>> = {
  core: {
    ip: { heap: 730, external: 40 },
    'waf-three': { heap: 750, external: 40 },
    'waf-all': { heap: 3020, external: 40 },
    big: { heap: 730, external: 40 },
  },
  sync: {
    ip: { heap: 320, external: 40 },
    'waf-three': { heap: 320, external: 40 },
    'waf-all': { heap: 2840, external: 40 },
    big: { heap: 340, external: 40 },
  },
  async: {
    ip: { heap: 1130, external: 40 },
    'waf-three': { heap: 1100, external: 40 },
    'waf-all': { heap: 3790, external: 2720 },
    big: { heap: 1380, external: 21_400 },
  },
};

/** What scavenges may promote to the old generation, in bytes a frame: up to 100 NOTIFYs of async handlers wait when one comes. */
export const PROMOTED: Readonly<Record<Bounded, number>> = { core: 8, sync: 8, async: 40 };

/** What may stay of a frame after a full collection, in bytes: a frame that left one pointer behind would show. */
export const KEPT = 4;

/** The same of a NOTIFY that waited for its handler: there are fewer of them, and compiling takes memory too. */
export const KEPT_IN_FLIGHT = 5;

/** What a read of one frame from TCP and the write of its ACK may allocate by a sync controller; nothing outside of the heap. */
export const READ: Readonly<Record<Exclude<Profile, 'waf-all'>, number>> = { ip: 860, 'waf-three': 1040, big: 880 };

/**
 * What is equal may differ by this factor: V8 avoids garbage in one run that it makes in another (318 and 504 bytes were seen for
 * the same). One byte for each of 1,000 controllers or connections would be more.
 */
export const NOISE = 2;

/** What one idle connection may hold, in bytes. */
export const IDLE_CONNECTION = 16 * 1024;

/** What all pools together may hold for the next NOTIFYs that wait, in bytes. */
export const POOLS = 4 * 1024 * 1024;
