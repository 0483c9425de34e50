import type { NotifyContext, Scope } from '@spoa/core';
import { expect, test } from 'vitest';
import { describeCombinations } from './support/combinations.ts';
import { ClientConnection } from './support/connection.ts';
import { ORIGIN } from './support/origin.ts';
import { usePair } from './support/pair.ts';

const SPOE = `
spoe-message request
  event on-frontend-http-request

spoe-message response
  event on-http-response

spoe-message later
spoe-group later
  messages later
`;

const ALL_SCOPES = ['proc', 'sess', 'txn', 'req', 'res'].map((scope) => `${scope}=%[var(${scope}.p.v)]`).join(' ');

const FRONTEND = `
  http-request set-var-fmt(txn.in_request) "${ALL_SCOPES}"
  http-request set-var(proc.p.v) str(rule) if { path /later }
  http-request set-var(sess.p.v) str(rule) if { path /later }
  http-request set-var(txn.p.v) str(rule) if { path /later }
  http-request set-var(req.p.v) str(rule) if { path /later }
  http-request send-spoe-group spoe later if { path /later }
  http-request set-var-fmt(txn.after_group) "${ALL_SCOPES}"
  http-response set-header in-request "%[var(txn.in_request)]"
  http-response set-header after-group "%[var(txn.after_group)]"
  http-response set-header in-response "${ALL_SCOPES}"
  default_backend origin
`;

const SCOPES: readonly Scope[] = ['process', 'session', 'transaction', 'request', 'response'];

describeCombinations((combination) => {
  const pair = usePair(combination, {
    spoe: SPOE,
    frontend: FRONTEND,
    sections: ORIGIN,
    agent: 'register-var-names registered',
  });

  /** Sets the variable `v` in every scope, to the name of the scope. */
  function setAll(notify: NotifyContext): void {
    for (const scope of SCOPES) notify.setVar(scope, 'v', scope);
  }

  function clearProcess(notify: NotifyContext): void {
    notify.unsetVar('process', 'v');
  }

  test('a request sees what was set for the process, session, transaction and request', async () => {
    pair.answer('request', (_, notify) => setAll(notify));
    const { headers } = await pair.get('/');
    expect(headers['in-request']).toBe('proc=process sess=session txn=transaction req=request res=');
    expect(headers['in-response']).toBe('proc=process sess=session txn=transaction req= res=');
  });

  test('a response sees what was set for the process, session, transaction and response', async () => {
    pair.answer('request', (_, notify) => clearProcess(notify));
    pair.answer('response', (_, notify) => setAll(notify));
    const { headers } = await pair.get('/');
    expect(headers['in-request']).toBe('proc= sess= txn= req= res=');
    expect(headers['in-response']).toBe('proc=process sess=session txn=transaction req= res=response');
  });

  test('the session is a connection of the client, the transaction a request', async () => {
    using first = new ClientConnection(pair.haproxy);
    pair.answer('request', (_, notify) => setAll(notify));
    await first.get('/');
    pair.answer('request', () => undefined);

    expect((await first.get('/')).headers['in-request']).toBe('proc=process sess=session txn= req= res=');
    using second = new ClientConnection(pair.haproxy);
    expect((await second.get('/')).headers['in-request']).toBe('proc=process sess= txn= req= res=');
  });

  test('a variable of the process is there when the configuration names it', async () => {
    pair.answer('request', (_, notify) => {
      notify.setVar('process', 'v', 'in a rule');
      notify.setVar('process', 'registered', 'by register-var-names');
      notify.setVar('process', 'unheard_of', 'nowhere');
      notify.setVar('transaction', 'v', 'behind it');
    });
    expect((await pair.get('/')).headers['in-request']).toBe('proc=in a rule sess= txn=behind it req= res=');
    expect(await pair.haproxy.cli('get var proc.p.registered')).toContain('value=<by register-var-names>');
    expect(await pair.haproxy.cli('get var proc.p.unheard_of')).toContain('not found');
  });

  test.each<[string, (notify: NotifyContext, scope: Scope) => void]>([
    ['unset-var', (notify, scope) => notify.unsetVar(scope, 'v')],
    ['null', (notify, scope) => notify.setVar(scope, 'v', null)],
  ])('%s takes away what a rule has set', async (_, unset) => {
    pair.answer('request', (_, notify) => clearProcess(notify));
    const untouched = await pair.get('/later');
    expect(untouched.headers['after-group']).toBe('proc=rule sess=rule txn=rule req=rule res=');

    pair.answer('later', (_, notify) => {
      for (const scope of SCOPES) unset(notify, scope);
    });
    expect((await pair.get('/later')).headers['after-group']).toBe('proc= sess= txn= req= res=');
    expect(await pair.haproxy.cli('get var proc.p.v')).toContain('not found');
  });

  test('unset-var takes away what the agent has set, in an earlier ACK or in the same', async () => {
    pair.answer('request', (_, notify) => setAll(notify));
    pair.answer('response', (_, notify) => {
      notify.unsetVar('process', 'v');
      notify.unsetVar('session', 'v');
      notify.setVar('transaction', 'v', 'set again');
      notify.setVar('response', 'v', 'set');
      notify.unsetVar('response', 'v');
    });
    const { headers } = await pair.get('/');
    expect(headers['in-request']).toBe('proc=process sess=session txn=transaction req=request res=');
    expect(headers['in-response']).toBe('proc= sess= txn=set again req= res=');
  });

  test('actions count in their order', async () => {
    pair.answer('request', (_, notify) => {
      clearProcess(notify);
      notify.setVar('transaction', 'v', 1);
      notify.unsetVar('transaction', 'v');
      notify.unsetVar('session', 'v');
      notify.setVar('session', 'v', 'first');
      notify.setVar('session', 'v', 'second');
      notify.setVar('request', 'v', 'last');
    });
    expect((await pair.get('/')).headers['in-request']).toBe('proc= sess=second txn= req=last res=');
  });
});
