import type { SpoeEvent } from '../decorators/spoe-message.ts';

/** What HAProxy takes in the name of a section, an engine, a backend. */
export const SECTION_NAME = /^[A-Za-z0-9_.:-]+$/;

/** What HAProxy takes in the name of a variable, and in the prefix before it. */
export const VARIABLE_NAME = /^[A-Za-z0-9_.]+$/;

/** When HAProxy's events fire: in which part of its configuration, and on the way there or back. */
export const SPOE_EVENTS = {
  'on-client-session': { side: 'frontend', http: false, way: 'request' },
  'on-frontend-tcp-request': { side: 'frontend', http: false, way: 'request' },
  'on-backend-tcp-request': { side: 'backend', http: false, way: 'request' },
  'on-frontend-http-request': { side: 'frontend', http: true, way: 'request' },
  'on-backend-http-request': { side: 'backend', http: true, way: 'request' },
  'on-server-session': { side: 'backend', http: false, way: 'response' },
  'on-tcp-response': { side: 'backend', http: false, way: 'response' },
  'on-http-response': { side: 'backend', http: true, way: 'response' },
} as const satisfies Record<SpoeEvent, { side: 'frontend' | 'backend'; http: boolean; way: 'request' | 'response' }>;

export function isSpoeEvent(text: string): text is SpoeEvent {
  return Object.hasOwn(SPOE_EVENTS, text);
}

/** Bytes of a frame, as SPOP has it. */
export const MIN_FRAME_SIZE = 256;
/** The largest frame that HAProxy sends where its `tune.bufsize` is left alone. */
export const DEFAULT_BUFFER_SIZE = 16_384;
/** LENGTH is not counted in max-frame-size, but lies in HAProxy's buffer. */
export const FRAME_OVERHEAD = 4;
