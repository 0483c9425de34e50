import { setTimeout as sleep } from 'node:timers/promises';
import { serve } from '../agents.ts';
import { notifyBlock, PROFILES } from '../payloads.ts';
import type { Allocated } from './count.ts';
import { collect, type Memory, readMemory, turn } from './memory.ts';
import { TcpPeers } from './tcp-peers.ts';

/** Below `maxInFlight`, so that reading never stops. */
const PER_CONNECTION = 1000;
const ROUNDS = 2;

export interface InFlightReport {
  readonly notifies: number;
  /** In all rounds. */
  readonly answered: number;
  /** What one in flight holds, in bytes. */
  readonly each: Allocated;
  /** What is held in all after the first round, for the next (pools), in bytes; and what later rounds added to that. */
  readonly firstKept: Allocated;
  readonly laterKept: Allocated;
}

/** Holds so many NOTIFYs in flight at a time, over TCP, each of which then waits for a timer of 1 ms. */
export async function measureInFlight(notifies: number): Promise<InFlightReport> {
  let inFlight = 0;
  let answered = 0;
  let release: () => void = () => undefined;
  let released = Promise.resolve();
  await using served = serve(async (notify) => {
    inFlight++;
    await released;
    await sleep(1);
    inFlight--;
    answered++;
    notify.setVar('session', 'ip_score', 1);
  });
  await using peers = new TcpPeers(await served.listen());
  await peers.run({ open: notifies / PER_CONNECTION });
  const block = notifyBlock([PROFILES.ip], PER_CONNECTION);
  await collect();
  const start = readMemory();
  const kept = [start];
  let held = start;
  for (let round = 0; round < ROUNDS; round++) {
    released = new Promise((resolve) => {
      release = resolve;
    });
    const allAnswered = peers.run({ block, frames: PER_CONNECTION, rounds: 1 });
    while (inFlight < notifies) await turn();
    if (round === 0) {
      await collect();
      held = readMemory();
    }
    release();
    await allAnswered;
    await collect();
    kept.push(readMemory());
  }
  return {
    notifies,
    answered,
    each: { heap: (held.heap - start.heap) / notifies, external: (held.external - start.external) / notifies },
    firstKept: difference(kept, 0),
    laterKept: difference(kept, 1),
  };
}

/** What the readings after number `from` have more than that one, at the least. */
function difference(readings: readonly Memory[], from: number): Allocated {
  const { heap, external } = readings[from] as Memory;
  const later = readings.slice(from + 1);
  return {
    heap: Math.min(...later.map((reading) => reading.heap)) - heap,
    external: Math.min(...later.map((reading) => reading.external)) - external,
  };
}
