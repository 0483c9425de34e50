import type { IpAddress, WritableMessage } from '@spoa/core';
import { defineMessage, SpoaApplication } from '@spoa/framework';
import { InProcessPeer } from '../in-process.ts';
import { notifyBlock, PROFILES } from '../payloads.ts';
import { type Allocated, countAllocated } from './count.ts';

const WARM_UP_BLOCKS = 100;

export interface ControllersReport {
  readonly controllers: number;
  readonly allocated: Allocated;
}

/** As many messages in each read as the largest application has controllers, whatever their number. */
const MESSAGES = 1000;

/** What a frame allocates where an application has so many controllers, all of them in use. */
export async function measureControllers(count: number): Promise<ControllersReport> {
  const messages = Array.from(
    { length: count },
    (_, i): WritableMessage => ({ name: `message-${i}`, args: PROFILES.ip.args }),
  );
  const controllers = messages.map(({ name }) =>
    defineMessage({ name, args: { ip: 'ip' }, vars: { ip_score: 'session' }, handle: score }),
  );
  await using application = await SpoaApplication.create({ controllers, logger: false });
  const peer = new InProcessPeer(application);
  const block = notifyBlock(messages, MESSAGES);
  const send = async (frames: number): Promise<void> => {
    for (let sent = 0; sent < frames; sent += MESSAGES) await peer.exchange(block, MESSAGES);
  };
  await send(WARM_UP_BLOCKS * MESSAGES);
  const allocated = await countAllocated(send, MESSAGES);
  peer.close();
  return { controllers: count, allocated };
}

function score({ ip }: { ip: IpAddress }): { ip_score: number } {
  return { ip_score: ip.w0 & 127 };
}
