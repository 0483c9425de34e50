import {
  agree,
  DEFAULT_LIMITS,
  decodeDisconnect,
  decodeHaproxyHello,
  decodeVarint,
  FrameFlag,
  FrameType,
  SpoaError,
} from '../../../src/index.ts';

/** What an agent must do with a stream of bytes. */
export interface Prediction {
  hello: boolean;
  /** The NOTIFYs that get an ACK, in order, as `stream-id/frame-id/flags`. */
  acks: string[];
  /** The status of the AGENT-DISCONNECT, `quiet` for a close without one, `open` for a connection that waits for more. */
  end: number | 'quiet' | 'open';
}

const MAX_HELLO = 4096;

/** SPOP's rules for an agent, written down a second time and as plainly as can be: one pass over all the bytes at once. */
export function predict(stream: Buffer, maxNotifySize: number): Prediction {
  const prediction: Prediction = { hello: false, acks: [], end: 'open' };
  let rest = stream;
  let largest = MAX_HELLO;
  let fragments: { ids: string; size: number } | undefined;
  let fragmentation = false;
  let refused: string | undefined;

  const close = (end: number | 'quiet'): Prediction => ({ ...prediction, end });
  while (rest.length >= 5) {
    const length = rest.readUInt32BE(0);
    const type = rest[4] as number;
    const allowed: number[] = prediction.hello ? [0, 2, 3] : [1];
    if (!allowed.includes(type) || length < 7) return close(4);
    if (length > largest) return close(3);
    if (rest.length < 4 + length) return prediction;
    const frame = rest.subarray(4, 4 + length);
    rest = rest.subarray(4 + length);

    const flags = frame.readUInt32BE(1);
    const fin = (flags & FrameFlag.FIN) !== 0;
    let payload: Buffer;
    let streamId: number | bigint;
    let frameId: number | bigint;
    try {
      const first = decodeVarint(frame, 5);
      const second = decodeVarint(frame, 5 + first.length);
      [streamId, frameId] = [first.value, second.value];
      payload = frame.subarray(5 + first.length + second.length);
    } catch {
      return close(4);
    }
    if (typeof streamId === 'bigint' || typeof frameId === 'bigint') return close(4);
    const ids = `${streamId}/${frameId}`;

    if (type === FrameType.HAPROXY_HELLO || type === FrameType.HAPROXY_DISCONNECT) {
      if (!fin || ids !== '0/0') return close(4);
      try {
        if (type === FrameType.HAPROXY_DISCONNECT) {
          decodeDisconnect(payload);
          return close(0);
        }
        const agreement = agree(decodeHaproxyHello(payload), DEFAULT_LIMITS.maxFrameSize);
        prediction.hello = true;
        if (agreement.healthcheck) return close('quiet');
        largest = agreement.maxReceivedFrameSize;
        fragmentation = agreement.fragmentation;
      } catch (error) {
        return close((error as SpoaError).status);
      }
    } else if (type === FrameType.NOTIFY && fin && fragments === undefined) {
      prediction.acks.push(`${ids}/1`);
    } else if (!fragmentation) {
      return close(10);
    } else if (type === FrameType.UNSET && refused === ids) {
      if (fin) refused = undefined;
    } else if (type === FrameType.UNSET && (flags & FrameFlag.ABORT) !== 0) {
      if (fragments?.ids === ids) fragments = undefined;
    } else {
      if (type === FrameType.NOTIFY && fragments !== undefined) return close(11);
      if (type === FrameType.UNSET && fragments?.ids !== ids) return close(12);
      if (type === FrameType.NOTIFY) refused = undefined;
      fragments ??= { ids, size: 0 };
      fragments.size += payload.length;
      if (fragments.size > maxNotifySize) {
        prediction.acks.push(`${ids}/3`);
        fragments = undefined;
        if (!fin) refused = ids;
      } else if (fin) {
        prediction.acks.push(`${ids}/1`);
        fragments = undefined;
      }
    }
  }
  return prediction;
}
