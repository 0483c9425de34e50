import { connect } from 'node:net';
import { HaproxyError } from './errors.ts';

/**
 * Sends one command to HAProxy's runtime API and returns its answer without the empty line at its end. HAProxy closes
 * the connection after its answer, which is how the end is known. `timeoutMs` is how long it may say nothing.
 *
 * @throws HaproxyError HAPROXY_CLI when there is no answer.
 */
export function sendCommand(socketPath: string, command: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string, cause?: Error): void => {
      socket.destroy();
      reject(new HaproxyError('HAPROXY_CLI', `runtime API, "${command}": ${reason}`, cause && { cause }));
    };
    let answer = '';
    const socket = connect(socketPath, () => socket.write(`${command}\n`));
    socket.setEncoding('utf8').setTimeout(timeoutMs, () => fail(`no answer within ${timeoutMs} ms`));
    socket.on('data', (text: string) => {
      answer += text;
    });
    socket.once('error', (error) => fail(error.message, error));
    socket.once('end', () => {
      socket.destroy();
      resolve(answer.trimEnd());
    });
  });
}
