import { makeServed } from '../agents.ts';
import { notifyBlock, PROFILES, type Profile } from '../payloads.ts';
import { type Allocated, countAllocated } from './count.ts';
import { collect, readMemory } from './memory.ts';
import { TcpPeers } from './tcp-peers.ts';

export interface ReadsReport {
  readonly profile: Profile;
  readonly connections: number;
  /** What a read of one frame and the write of its ACK allocate, in bytes. */
  readonly allocated: Allocated;
}

/** What a frame allocates that TCP brings alone, where so many connections send one each in turn. */
export async function measureReads(profile: Profile, connections: number): Promise<ReadsReport> {
  await using served = await makeServed('sync');
  await using peers = new TcpPeers(await served.listen());
  await peers.run({ open: connections });
  const block = notifyBlock([PROFILES[profile]], 1);
  const send = (frames: number): Promise<void> => peers.run({ block, frames: 1, rounds: frames / connections });
  await send(Math.ceil(WARM_UP / connections) * connections);
  const allocated = await countAllocated(send, connections);
  return { profile, connections, allocated };
}

const WARM_UP = 10_000;

export interface IdleReport {
  readonly connections: number;
  /** What each holds after HELLO, in bytes: on the heap, outside of it, and what the process has grown by. */
  readonly heap: number;
  readonly external: number;
  readonly resident: number;
}

/** What connections hold that have said HELLO and then nothing. */
export async function measureIdle(connections: number): Promise<IdleReport> {
  await using served = await makeServed('sync');
  await using peers = new TcpPeers(await served.listen());
  // What the first connections make is there for all.
  await peers.run({ open: 100 });
  await collect();
  const resident = process.memoryUsage.rss();
  const before = readMemory();
  await peers.run({ open: connections });
  await collect();
  const after = readMemory();
  return {
    connections,
    heap: (after.heap - before.heap) / connections,
    external: (after.external - before.external) / connections,
    resident: (process.memoryUsage.rss() - resident) / connections,
  };
}
