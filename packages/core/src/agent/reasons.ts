import { SpoaError } from '../errors.ts';

/*
 * Why nobody waits for a handler any more: what its signal fires with.
 */

export function peerGone(): SpoaError {
  return new SpoaError('SPOA_DISCONNECTED', 'HAProxy closed the connection');
}

export function agentClosed(): SpoaError {
  return new SpoaError('SPOA_AGENT_CLOSED', 'the agent closed the connection before the handler was done');
}

export function givenUp(): SpoaError {
  return new SpoaError('SPOA_TIMEOUT', 'HAProxy gave this NOTIFY up: it has sent the next');
}
