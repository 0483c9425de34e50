import { fileURLToPath } from 'node:url';

const folder = new URL('../haproxy/', import.meta.url);

/** The configuration of HAProxy that lies beside this application, as paths. */
export const HAPROXY_FILES = {
  haproxy: fileURLToPath(new URL('haproxy.cfg', folder)),
  spoe: fileURLToPath(new URL('spoe.conf', folder)),
} as const;
