import type { HttpResponse } from '@spoa/testing';
import { expect, test } from 'vitest';
import { describeCombinations, hasMultiplexer } from './support/combinations.ts';
import { createGate, type Gate } from './support/gate.ts';
import { usePair } from './support/pair.ts';

const SPOE = `
spoe-message question
  args token=url_param(token)
  event on-frontend-http-request unless { path /without }
`;

const FRONTEND = `http-request return status 200 hdr answer "%[var(txn.p.answer)]" hdr big "%[var(txn.p.big),length]"`;

// Up to 3.0 the applet is told by `async` from the multiplexer of 3.1, which announces `pipelining` alone. Switched off, the
// agent takes the one for the other at first, and its care for the multiplexer's buffer must cost the applet nothing.
describeCombinations((combination) => {
  const pair = usePair(combination, { spoe: SPOE, frontend: FRONTEND, agent: 'no option async' });

  test('without `option async` large ACKs arrive, and handlers that take their time are heard after them', async () => {
    pair.answer('question', (_, notify) => notify.setVar('transaction', 'big', 'x'.repeat(3000)));
    // A connection that began with stream 1 of HAProxy may look like the multiplexer's for long; later ones do not.
    for (let i = 0; i < 3; i++) await pair.get('/without');
    for (let i = 0; i < 20; i++) expect((await pair.get('/')).headers.big).toBe('3000');

    const gates: Gate[] = [];
    const tokens = ['a', 'b', 'c', 'd', 'e'];
    // Without pipelining HAProxy up to 3.0 may have too few connections for all at once, and let some wait too long.
    const atOnce = combination.pipelining || hasMultiplexer(combination.line) ? tokens.length : 1;
    pair.answer('question', async (message, notify) => {
      const gate = createGate();
      gates.push(gate);
      if (gates.length >= atOnce) for (const { open } of gates) open();
      await gate.opened;
      notify.setVar('transaction', 'answer', message.get('token') ?? null);
    });
    const responses: HttpResponse[] = [];
    for (let i = 0; i < tokens.length; i += atOnce) {
      const asked = tokens.slice(i, i + atOnce).map((token) => pair.get(`/?token=${token}`));
      responses.push(...(await Promise.all(asked)));
    }
    expect(responses.map(({ headers }) => headers.answer)).toEqual(tokens);
  });
});
