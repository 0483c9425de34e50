import { type Action, decodeActions, type Scope } from '../wire/ack.ts';
import { FrameFlag, type FrameHeader } from '../wire/frame.ts';
import type { Value } from '../wire/typed-data.ts';

/** The answer to a NOTIFY. */
export class Ack {
  readonly streamId: number;
  readonly frameId: number;
  /** As received: bits of `FrameFlag`. */
  readonly flags: number;
  /** Whether the agent gave the NOTIFY up (flag ABORT): HAProxy 3.0 and older heed it while they send fragments. */
  readonly aborted: boolean;
  /** In the agent's order. */
  readonly actions: readonly Action[];

  /** @throws what `decodeActions` throws */
  constructor({ streamId, frameId, flags }: FrameHeader, payload: Uint8Array) {
    this.streamId = streamId;
    this.frameId = frameId;
    this.flags = flags;
    this.aborted = (flags & FrameFlag.ABORT) !== 0;
    this.actions = decodeActions(payload);
  }

  /**
   * What a variable is after these actions: `undefined` where none of them sets it, or where the last one unsets it; `null`
   * is a value that was sent, which HAProxy takes for an unset.
   */
  get(scope: Scope, name: string): Value | undefined {
    for (let i = this.actions.length - 1; i >= 0; i--) {
      const action = this.actions[i] as Action;
      if (action.scope === scope && action.name === name) return action.type === 'set-var' ? action.value : undefined;
    }
    return undefined;
  }
}
