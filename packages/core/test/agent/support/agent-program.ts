import { createAgent } from '../../../src/index.ts';

// A program around an agent, run by `child.ts`. It prints its address, and its log above debug.

const print = (level: string) => (_: object, message: string) => console.log(`${level}: ${message}`);
const logger = { debug: () => undefined, info: print('info'), warn: print('warn'), error: print('error') };
const agent = createAgent((notify) => notify.setVar('session', 'pid', process.pid), { logger });

const [mode] = process.argv.slice(2);
const address = await agent.listen(mode === 'fd' ? { fd: 3 } : { port: 0 });
console.log(`listening ${JSON.stringify(address)}`);
process.on('SIGTERM', () => void agent.close({ quietMs: 10 }).then(() => console.log('closed')));
