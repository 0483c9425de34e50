import { decodeFrame, decodeMessages, encodeNotify, FrameFlag, FrameType } from '@spoa/core';

/** The names of the messages in a whole frame that HAProxy has sent. */
export function messageNames(bytes: Uint8Array): string[] {
  const { type, flags, payload } = decodeFrame(bytes);
  if (type !== FrameType.NOTIFY || (flags & FrameFlag.FIN) === 0) return [];
  return [...decodeMessages(payload)].map(({ name }) => name);
}

/** A NOTIFY as HAProxy up to 3.0 sends it: in as many frames as it takes. */
export function notifyOf(body: string, maxFrameSize: number): Buffer[] {
  return encodeNotify({ streamId: 1, frameId: 1 }, [{ name: 'inspect', args: [['body', body]] }], maxFrameSize);
}
