import { type Kind, makeServed } from '../agents.ts';
import { InProcessPeer } from '../in-process.ts';
import { notifyBlock, PROFILE_NAMES, PROFILES, type Profile } from '../payloads.ts';
import { type Allocated, countAllocated } from './count.ts';
import { Collections, collect, readMemory } from './memory.ts';

/** Frames of one read: so many that what a read and a write cost by themselves is a small part. */
const BLOCK = 100;
/** Until the memory that stays is there, and most of the code compiled. */
const WARM_UP = 20_000;
/** Compiling goes on now and then, and its memory counts too. What frames leave behind, they leave in every round. */
const ROUNDS = 3;
/** Bytes a frame: a round that kept less was the last. */
const SETTLED = 1;

export interface FramesReport {
  readonly kind: Kind;
  readonly profile: Profile;
  readonly allocated: Allocated;
  /** What a round of frames left behind after a full collection, in bytes a frame: the least of the rounds. */
  readonly kept: Allocated;
  /** What the scavenges of that round promoted to the old generation, in bytes a frame. */
  readonly promoted: number;
  /** Frames of a round, and the collections in it. */
  readonly frames: number;
  readonly collections: number;
}

/** What the frames of each profile allocate, and what of it stays. */
export async function measureFrames(kind: Kind): Promise<FramesReport[]> {
  const reports: FramesReport[] = [];
  for (const profile of PROFILE_NAMES) reports.push(await measureProfile(kind, profile));
  return reports;
}

async function measureProfile(kind: Kind, profile: Profile): Promise<FramesReport> {
  await using served = await makeServed(kind);
  const peer = new InProcessPeer(served);
  const block = notifyBlock([PROFILES[profile]], BLOCK);
  const send = async (frames: number): Promise<void> => {
    for (let sent = 0; sent < frames; sent += BLOCK) await peer.exchange(block, BLOCK);
  };
  await send(WARM_UP);
  const rounds: Round[] = [];
  // Each takes 29 kB of its own: a fourth of them says as much.
  const frames = kind === 'async' && profile === 'big' ? 50_000 : 200_000;
  for (let i = 0; i < ROUNDS; i++) {
    const round = await measureRound(send, frames);
    rounds.push(round);
    if (round.kept.heap < SETTLED && round.kept.external < SETTLED) break;
  }
  // Last, when all the code is compiled for good.
  const allocated = await countAllocated(send, BLOCK);
  peer.close();
  const best = rounds.reduce((a, b) => (b.kept.heap < a.kept.heap ? b : a));
  return { kind, profile, allocated, frames, ...best };
}

type Round = Pick<FramesReport, 'kept' | 'promoted' | 'collections'>;

async function measureRound(send: (frames: number) => Promise<void>, frames: number): Promise<Round> {
  using collections = new Collections();
  await collect();
  const collected = await collections.count();
  const before = readMemory();
  await send(frames);
  const after = readMemory();
  const during = (await collections.count()) - collected;
  await collect();
  const { heap, external } = readMemory();
  return {
    kept: { heap: (heap - before.heap) / frames, external: (external - before.external) / frames },
    promoted: (after.old - before.old) / frames,
    collections: during,
  };
}
