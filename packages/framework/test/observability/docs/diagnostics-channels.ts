import { subscribe } from 'node:diagnostics_channel';
import type { DiagnosticEvents } from '@spoa/core';

subscribe('spoa:connection:rejected', (event) => {
  const { connection, code } = event as DiagnosticEvents['spoa:connection:rejected'];
  console.warn('a peer was turned away', connection.peer, code);
});
