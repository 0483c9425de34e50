import { generate } from '@spoa/framework/haproxy';
import { DEFAULT_VERSION } from '../haproxy/version-option.ts';
import type { Choices } from './choices.ts';
import type { Files } from './templates.ts';

/**
 * HAProxy's side of what the templates make, before anything of it is built. A test of the application compares both, and
 * one of ours sees that `spoa config` makes the same.
 */
export function haproxySide({ name, message, port }: Choices): Files {
  const { files } = generate(
    {
      engine: name,
      messages: [
        {
          name: message,
          event: 'on-frontend-http-request',
          arguments: [{ name: 'ip', sample: 'src', type: 'ip' }],
          variables: [{ scope: 'transaction', name: 'blocked' }],
          deadlineMs: 500,
        },
      ],
      servers: [{ host: '127.0.0.1', port }],
    },
    DEFAULT_VERSION,
  );
  return new Map(Object.entries(files).map(([file, text]) => [`haproxy/${file}`, text]));
}
