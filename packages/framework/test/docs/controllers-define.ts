import { defineMessage } from '@spoa/framework';

export const checkPort = defineMessage({
  name: 'check-port',
  event: 'on-client-session',
  args: {
    ip: { type: 'ip', sample: 'src' },
    port: { type: 'number', sample: 'src_port', default: 0 },
  },
  vars: {
    low_port: { scope: 'session', type: 'boolean' },
  },
  handle: ({ ip, port }) => ({ low_port: ip.family === 4 && port < 1024 }),
});
