import type { Kind } from '../../benchmarks/src/micro/agents.ts';
import type { Allocated } from '../../benchmarks/src/micro/allocation/count.ts';
import type { Profile } from '../../benchmarks/src/micro/payloads.ts';

/**
 * What one frame may allocate, in bytes: garbage of the young generation, and array buffers outside of the heap. Each number is
 * the most that Node 20, 22, 24 and 26 were seen to need, times 1.3. Lower them when less is needed.
 *
 * The frames come 100 in a read, in process: of `external`, 328 bytes are each frame's share of the output buffer that a stream
 * other than a socket keeps. The core handler reads the same arguments as the controllers, by name, and copies `body`; an async
 * handler's NOTIFY has memory of its own.
 */
export const ALLOCATED: Readonly<Record<Kind, Readonly<Record<Profile, Allocated>>>> = {
  core: {
    ip: { heap: 570, external: 430 },
    'waf-three': { heap: 1120, external: 430 },
    'waf-all': { heap: 4980, external: 3100 },
    big: { heap: 1050, external: 21_800 },
  },
  sync: {
    ip: { heap: 370, external: 430 },
    'waf-three': { heap: 460, external: 430 },
    'waf-all': { heap: 3180, external: 430 },
    big: { heap: 390, external: 430 },
  },
  async: {
    ip: { heap: 2180, external: 470 },
    'waf-three': { heap: 2290, external: 5750 },
    'waf-all': { heap: 5270, external: 11_080 },
    big: { heap: 2510, external: 43_100 },
  },
};

/**
 * What scavenges may promote to the old generation, in bytes a frame. Up to 100 NOTIFYs of async handlers wait when one comes;
 * and in Node 20 every table that the `Set` of NOTIFYs in flight outgrows is promoted: 72 bytes a frame.
 */
export const PROMOTED: Readonly<Record<Kind, number>> = { core: 8, sync: 8, async: 200 };

/** What may stay of a frame after a full collection, in bytes: a frame that left one pointer behind would show. */
export const KEPT = 1;

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
