import { IpAddress, int64, type WritableMessage } from '@spoa/core';
import { KINDS, makeServed } from './agents.ts';
import { InProcessPeer } from './in-process.ts';
import type { Subject } from './measurement.ts';
import { notifyBlock, PROFILES } from './payloads.ts';

/** Frames of one read: the turn of the event loop that ends each exchange is shared by so many. */
const BLOCK = 100;

const TWO_ARGUMENTS: WritableMessage = {
  name: 'two-arguments',
  args: [
    ['ip', IpAddress.v4(0xc000_0201)],
    ['src-port', int64(51514)],
  ],
};

/**
 * A NOTIFY's whole way through an agent, without a socket: split, indexed, bound, handled, answered.
 *
 * @param filter says which subjects are wanted: only their agents are made
 */
export async function dispatchSubjects(filter: (name: string) => boolean): Promise<Subject[]> {
  const subjects: Subject[] = [];
  for (const kind of KINDS) {
    const messages = { ...(kind !== 'async' && { 'two arguments': TWO_ARGUMENTS }), ...PROFILES };
    for (const [profile, message] of Object.entries(messages)) {
      const name = `dispatch to ${kind}: ${profile}`;
      if (!filter(name)) continue;
      const peer = new InProcessPeer(await makeServed(kind));
      const block = notifyBlock([message], BLOCK);
      subjects.push({ name, times: BLOCK, run: () => peer.exchange(block, BLOCK) });
    }
  }
  return subjects;
}
