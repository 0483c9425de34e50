import type { Message, NotifyContext } from '@spoa/core';
import { describe, expect, test } from 'vitest';
import { describeCombinations } from './support/combinations.ts';
import { ORIGIN } from './support/origin.ts';
import { usePair } from './support/pair.ts';

/** Every event of HAProxy, in the order in which a request meets them. */
const EVENTS = [
  'on-client-session',
  'on-frontend-tcp-request',
  'on-frontend-http-request',
  'on-backend-tcp-request',
  'on-backend-http-request',
  'on-server-session',
  'on-tcp-response',
  'on-http-response',
] as const;

const EVENT_MESSAGES = EVENTS.map(
  (event) => `
spoe-message ${event}
  args event=str(${event})
  event ${event}
`,
).join('');

const MESSAGES = `
spoe-message first
  args number=int(1)
  event on-frontend-http-request if { path_beg /several }

spoe-message second
  acl wanted path /several/two /several/three
  args number=int(2) path=path
  event on-frontend-http-request if wanted

spoe-message third
  args number=int(3)
  event on-frontend-http-request unless ! { path /several/three }

spoe-message first-of-group
  args number=int(4) method=method
spoe-message second-of-group
  args number=int(5) path=path
spoe-group request-group
  messages first-of-group second-of-group

spoe-message of-response
  args status=status type=res.hdr(content-type)
spoe-group response-group
  messages of-response

spoe-message of-tcp
  args bytes=req.len
spoe-group tcp-group
  messages of-tcp
`;

const FRONTEND = `
  tcp-request inspect-delay 5s
  tcp-request content send-spoe-group spoe tcp-group if HTTP
  tcp-request content accept if HTTP
  http-request send-spoe-group spoe request-group if { path /group }
  http-response send-spoe-group spoe response-group if { var(txn.p.watch) -m bool }
  http-response set-header from-tcp "%[var(sess.p.from_tcp)]"
  http-response set-header from-request "%[var(txn.p.from_request)]"
  http-response set-header from-response "%[var(res.p.from_response)]"
  http-response set-header events "%[var(txn.p.events)]"
  http-after-response set-header error "%[var(txn.p.error)]"
  default_backend origin
`;

describeCombinations((combination) => {
  const pair = usePair(combination, { spoe: `${EVENT_MESSAGES}${MESSAGES}`, frontend: FRONTEND, sections: ORIGIN });

  /** The messages of every NOTIFY that came, by name. */
  function recordNotifies(names: readonly string[]): string[][] {
    const notifies = new Map<NotifyContext, string[]>();
    const received: string[][] = [];
    for (const name of names) {
      pair.answer(name, (message: Message, notify) => {
        let messages = notifies.get(notify);
        if (messages === undefined) {
          messages = [];
          notifies.set(notify, messages);
          received.push(messages);
        }
        messages.push(message.name);
      });
    }
    return received;
  }

  describe('an event', () => {
    test('of each kind sends its message, in the order of a request', async () => {
      const received = recordNotifies(EVENTS);
      expect((await pair.get('/')).body).toBe('origin');
      expect(received).toEqual(EVENTS.map((event) => [event]));
    });

    test('of each kind has a place where its variables are seen', async () => {
      const seen: string[] = [];
      for (const event of EVENTS) {
        pair.answer(event, (message, notify) => {
          seen.push(String(message.get('event')));
          notify.setVar('transaction', 'events', seen.join(' '));
        });
      }
      const { headers } = await pair.get('/');
      expect(headers).toMatchObject({ events: EVENTS.join(' '), error: '' });
    });
  });

  describe('one NOTIFY carries', () => {
    test.each([
      ['/several/one', ['first']],
      ['/several/two', ['first', 'second']],
      ['/several/three', ['first', 'second', 'third']],
    ])('the messages of an event whose conditions hold, in their order: %s', async (path, names) => {
      const received = recordNotifies(['first', 'second', 'third']);
      await pair.get(path);
      expect(received).toEqual([names]);
    });

    test('the variables of all of them back', async () => {
      pair.answer('first', (_, notify) => notify.setVar('transaction', 'from_request', 'first'));
      pair.answer('second', (message, notify) => notify.setVar('session', 'from_tcp', message.get('number') ?? null));
      pair.answer('third', (message, notify) => {
        const second = notify.messages.get('second');
        notify.setVar('transaction', 'from_request', `${message.get('number')} after ${second?.get('path')}`);
      });
      const { headers } = await pair.get('/several/three');
      expect(headers).toMatchObject({ 'from-request': '3 after /several/three', 'from-tcp': '2' });
    });
  });

  describe('a group', () => {
    test('is sent by an http-request rule, whose next rules see its variables', async () => {
      const received = recordNotifies(['first-of-group', 'second-of-group']);
      pair.answer('second-of-group', (message, notify) => {
        const first = notify.messages.get('first-of-group');
        notify.setVar('transaction', 'from_request', `${first?.get('method')} ${message.get('path')}`);
      });
      const { headers } = await pair.get('/group', { method: 'POST' });
      expect(headers['from-request']).toBe('POST /group');
      expect(received).toEqual([['first-of-group']]);
      expect((await pair.get('/other')).headers['from-request']).toBe('');
      expect(received).toHaveLength(1);
    });

    test('is sent by an http-response rule', async () => {
      pair.answer('on-frontend-http-request', (_, notify) => notify.setVar('transaction', 'watch', true));
      pair.answer('of-response', (message, notify) => {
        notify.setVar('response', 'from_response', `${message.get('status')} ${message.get('type')}`);
      });
      expect((await pair.get('/')).headers['from-response']).toBe('200 text/plain');
    });

    test('is sent by a tcp-request rule', async () => {
      pair.answer('of-tcp', (message, notify) => notify.setVar('session', 'from_tcp', message.get('bytes') ?? null));
      expect(Number((await pair.get('/')).headers['from-tcp'])).toBeGreaterThan(20);
    });

    test('waits for an agent that takes its time', async () => {
      pair.answer('second-of-group', async (message, notify) => {
        const path = message.get('path');
        await new Promise((resolve) => setImmediate(resolve));
        notify.setVar('transaction', 'from_request', `late ${path}`);
      });
      pair.answer('of-tcp', async (_, notify) => {
        await new Promise((resolve) => setImmediate(resolve));
        notify.setVar('session', 'from_tcp', 'late');
      });
      const { headers } = await pair.get('/group');
      expect(headers).toMatchObject({ 'from-request': 'late /group', 'from-tcp': 'late' });
    });
  });
});
