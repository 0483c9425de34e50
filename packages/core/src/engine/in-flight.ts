import type { PendingNotify } from './pending-notify.ts';

/** What is remembered of ids that are done, so that a duplicate is told from an invention. */
const REMEMBERED = 65_536;

type Key = number | string;

/** Nearly every frame-id is 1, and a number makes a cheaper key than a text. */
function keyOf(streamId: number, frameId: number): Key {
  return frameId === 1 ? streamId : `${streamId}:${frameId}`;
}

/** The ids of one connection: which wait for an ACK, which no longer do, and which is the next. */
export class InFlight {
  readonly #waiting = new Map<Key, PendingNotify>();
  /** Given up after sending: their ACK may still come. */
  readonly #forgotten = new Set<Key>();
  /** Answered, of those ids that are not our own choice. */
  readonly #answered = new Set<Key>();
  #lastStreamId = -1;
  #highestStreamId = -1;
  #lostCount = false;

  get size(): number {
    return this.#waiting.size;
  }

  /** All that wait, oldest first; none waits any more. */
  takeAll(): PendingNotify[] {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    return all;
  }

  get(streamId: number, frameId: number): PendingNotify | undefined {
    return this.#waiting.get(keyOf(streamId, frameId));
  }

  /** The stream-id that HAProxy 3.1 and newer would use next. */
  nextStreamId(): number {
    let next = this.#lastStreamId + 2;
    while (this.#waiting.has(next)) next += 2;
    return next;
  }

  add(notify: PendingNotify, streamId: number): void {
    const key = keyOf(streamId, notify.frameId);
    this.#waiting.set(key, notify);
    this.#forgotten.delete(key);
    if (notify.options.streamId === undefined) this.#lastStreamId = streamId;
    if (streamId > this.#highestStreamId) this.#highestStreamId = streamId;
  }

  answered(streamId: number, frameId: number): void {
    const key = keyOf(streamId, frameId);
    this.#waiting.delete(key);
    if (!this.#isOwnChoice(streamId, frameId)) this.#remember(this.#answered, key);
  }

  forget(streamId: number, frameId: number): void {
    const key = keyOf(streamId, frameId);
    this.#waiting.delete(key);
    this.#remember(this.#forgotten, key);
  }

  /** What an ACK is that nobody waits for: `late` the first time after its NOTIFY was given up. */
  judge(streamId: number, frameId: number): 'late' | 'duplicate' | 'unknown' {
    const key = keyOf(streamId, frameId);
    if (this.#forgotten.has(key)) {
      this.#forgotten.delete(key);
      this.answered(streamId, frameId);
      return 'late';
    }
    const known =
      this.#isOwnChoice(streamId, frameId) ||
      this.#answered.has(key) ||
      (this.#lostCount && streamId <= this.#highestStreamId);
    return known ? 'duplicate' : 'unknown';
  }

  #isOwnChoice(streamId: number, frameId: number): boolean {
    return frameId === 1 && streamId % 2 === 1 && streamId <= this.#lastStreamId;
  }

  #remember(keys: Set<Key>, key: Key): void {
    keys.add(key);
    if (keys.size <= REMEMBERED) return;
    for (const oldest of keys) {
      keys.delete(oldest);
      break;
    }
    this.#lostCount = true;
  }
}
