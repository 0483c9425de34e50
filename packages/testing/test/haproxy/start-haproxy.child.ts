// Starts HAProxy and leaves it running, for orphan.test.ts.
import { startHaproxy } from '@spoa/testing';

const haproxy = await startHaproxy({
  version: '3.2',
  config: 'frontend web\n  mode http\n  timeout client 5s\n  bind 127.0.0.1:{{port:http}}\n',
});
console.log(JSON.stringify({ pid: haproxy.pid, folder: haproxy.folder }));
if (process.argv.includes('exit')) process.exit();
