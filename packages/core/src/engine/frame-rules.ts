import { SpoaError, type SpoaErrorCode } from '../errors.ts';
import { type Disconnect, decodeDisconnect } from '../wire/disconnect.ts';
import { FrameFlag, type FrameHeader, FrameType } from '../wire/frame.ts';

/** TYPE, FLAGS, and two ids of one byte, behind LENGTH: what HAProxy reads before the rest of a frame, in bytes. */
export const SHORTEST_HEADER_BYTES = 11;

/** What is wrong with the header of a frame from an agent, once HELLO is behind us; `undefined` if nothing is. */
export function headerFault(header: FrameHeader): SpoaError | undefined {
  const { type, flags, streamId, frameId } = header;
  if (type !== FrameType.ACK && type !== FrameType.AGENT_DISCONNECT) {
    const what = type === FrameType.AGENT_HELLO ? 'a second AGENT-HELLO' : `a frame of type ${type}`;
    return fault('SPOA_FRAME_UNEXPECTED', header, `${what} from the agent`);
  }
  if ((flags & FrameFlag.FIN) === 0) {
    return fault('SPOA_FRAGMENTATION_UNSUPPORTED', header, 'a frame without FIN: HAProxy takes no fragments');
  }
  if (type === FrameType.AGENT_DISCONNECT && (streamId !== 0 || frameId !== 0)) {
    return fault('SPOA_FRAME_INVALID', header, 'an AGENT-DISCONNECT whose ids are not 0');
  }
  return undefined;
}

export function fault(code: SpoaErrorCode, header: FrameHeader, message: string, cause?: unknown): SpoaError {
  const { type, flags, streamId, frameId } = header;
  const facts = { type, flags, streamId, frameId };
  return new SpoaError(code, message, cause === undefined ? { facts } : { facts, cause });
}

/** The agent said goodbye before its answer came. */
export function disconnectedBy({ statusCode, message }: Disconnect): SpoaError {
  const reason = message === '' ? '' : ` (${message})`;
  return new SpoaError('SPOA_DISCONNECTED', `the agent disconnected with status ${statusCode}${reason}`, {
    facts: { statusCode, message },
  });
}

/** Reads the payload of an AGENT-DISCONNECT, or says that it cannot be read. */
export function readDisconnect(header: FrameHeader, payload: Buffer): Disconnect | SpoaError {
  try {
    return decodeDisconnect(payload);
  } catch (error) {
    const { code, message } = error as SpoaError;
    return fault(code, header, `an AGENT-DISCONNECT that cannot be read: ${message}`, error);
  }
}
