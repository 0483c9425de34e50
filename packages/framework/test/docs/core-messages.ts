import type { NotifyContext } from '@spoa/core';

/** HAProxy sends the messages of one SPOE group in one NOTIFY. */
export function inspect(notify: NotifyContext): void {
  for (const message of notify.messages) {
    switch (message.name) {
      case 'check-path': {
        const path = message.get('path');
        notify.setVar('transaction', 'is_admin', typeof path === 'string' && path.startsWith('/admin/'));
        break;
      }
      case 'check-body':
        notify.setVar('transaction', 'has_script', message.view('body')?.includes('<script') ?? false);
    }
  }
}
