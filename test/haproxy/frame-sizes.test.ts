import type { Message } from '@spoa/core';
import { describe, expect, test } from 'vitest';
import { describeCombinations, hasMultiplexer } from './support/combinations.ts';
import { type Pair, usePair } from './support/pair.ts';

const SPOE = `
spoe-message question
  args before=int(1) body=req.body after=str(end)
  event on-frontend-http-request
`;

const FRONTEND = `
  option http-buffer-request
  http-request return status 200 hdr size "%[var(txn.p.size)]" hdr first "%[var(txn.p.first)]" hdr big "%[var(txn.p.big),length]" hdr error "%[var(txn.p.error)]"
`;

describeCombinations((combination) => {
  const base = { spoe: SPOE, frontend: FRONTEND };
  const fragments = !hasMultiplexer(combination.line);

  /** Sends a body through `req.body`; the size that the agent saw, if it saw just this body, or HAProxy's error. */
  async function post({ answer, get }: Pair, body: string): Promise<{ size?: unknown; error?: unknown }> {
    answer('question', (message, notify) => notify.setVar('transaction', 'size', sizeIfWhole(message, body)));
    const { headers } = await get('/', { method: 'POST', body });
    const { size, error } = headers;
    return { ...(size !== undefined && { size: Number(size) }), ...(error !== undefined && { error: Number(error) }) };
  }

  describe.each([16_380, 1_000_000])('with frames of up to %i bytes', (maxFrameSize) => {
    const pair = usePair(combination, { ...base, global: `tune.bufsize ${maxFrameSize + 4}` });

    test('a NOTIFY of nearly that size comes in one piece', async () => {
      const body = text(maxFrameSize - 2000);
      expect(await post(pair, body)).toEqual({ size: body.length });
    });

    test('the largest ACK arrives, and what is too much for one is an error for the handler', async () => {
      const errors: unknown[] = [];
      let longest = 0;
      pair.answer('question', (_, notify) => {
        notify.setVar('transaction', 'first', 'here');
        longest = maxFrameSize;
        for (let fits = false; !fits; ) {
          try {
            notify.setVar('transaction', 'big', 'x'.repeat(longest));
            fits = true;
          } catch (error) {
            errors.push(error);
            longest -= 1;
          }
        }
      });
      expect((await pair.get('/')).headers).toMatchObject({ first: 'here', big: String(longest) });
      expect(errors).toHaveLength(maxFrameSize - longest);
      for (const error of errors) expect(error).toMatchObject({ code: 'SPOA_ACK_TOO_BIG' });

      pair.answer('question', (_, notify) => {
        notify.setVar('transaction', 'first', 'here');
        notify.setVar('transaction', 'big', 'x'.repeat(longest + 1));
      });
      const { headers } = await pair.get('/');
      expect(headers).not.toHaveProperty('big');
      expect(headers).not.toHaveProperty('error');
      expect(pair.agent.log.takeComplaints()).toEqual([expect.stringMatching(/NOTIFY.*empty/)]);
    });
  });

  describe('a NOTIFY larger than the frames that HAProxy may send', () => {
    const pair = usePair(combination, { ...base, agent: 'max-frame-size 300' });

    test.each([200, 253, 300, 555, 1_000, 15_000])('with a body of %i bytes', async (size) => {
      // Of a frame HAProxy keeps 32 bytes free; the message without the body has 35.
      const fits = size + 35 <= 300 - 32;
      expect(await post(pair, text(size))).toEqual(fits || fragments ? { size } : { error: 3 });
      expect(await post(pair, text(100))).toEqual({ size: 100 });
    });
  });

  describe('a NOTIFY larger than the frames that the agent wants', () => {
    const pair = usePair(combination, { ...base, agentOptions: { maxFrameSize: 256, maxNotifySize: 5_000 } });

    test('is not sent from 3.1 on; up to 3.0 it comes in fragments, once HAProxy knows what the agent wants', async () => {
      // Up to 3.0 the messages are encoded before the connection is there that would say how large they may be.
      expect(await post(pair, text(1_000))).toEqual({ error: 256 + 3 });
      expect(await post(pair, text(100))).toEqual({ size: 100 });
      expect(await post(pair, text(1_000))).toEqual(fragments ? { size: 1_000 } : { error: 256 + 3 });
      expect(await post(pair, text(100))).toEqual({ size: 100 });
    });

    test('is refused above the limit for the whole, and the connection lives on', async () => {
      pair.answer('question', (message, notify) => {
        notify.setVar('transaction', 'size', String(message.get('body')).length);
      });
      const { connections } = pair.agent;
      const before = await pair.get('/', { method: 'POST', body: text(100) });
      const refused = await pair.get('/', { method: 'POST', body: text(10_000) });
      const after = await pair.get('/', { method: 'POST', body: text(100) });
      expect([before, refused, after].map(({ headers }) => headers.size)).toEqual(['100', undefined, '100']);
      expect(pair.agent.connections).toBe(connections);
      if (fragments) {
        // "Aborted" where the refusal meets HAProxy still sending; else it counts as an answer without variables.
        expect([undefined, '4']).toContain(refused.headers.error);
        expect(pair.agent.log.takeComplaints()).toEqual([expect.stringMatching(/^a fragmented NOTIFY of 5\d+ bytes/)]);
      } else expect(refused.headers.error).toBe('259');
    });

    test('an ACK fits into such a frame, too', async () => {
      pair.answer('question', (_, notify) => {
        notify.setVar('transaction', 'big', 'x'.repeat(239));
        expect(() => notify.setVar('transaction', 'first', 'x')).toThrow(
          expect.objectContaining({ code: 'SPOA_ACK_TOO_BIG' }),
        );
      });
      expect((await pair.get('/')).headers.big).toBe('239');
    });
  });

  if (fragments) {
    describe('a NOTIFY larger than a frame, without `option send-frag-payload`', () => {
      const pair = usePair(combination, { ...base, agent: 'max-frame-size 300\nno option send-frag-payload' });

      test('is not sent', async () => {
        expect(await post(pair, text(1_000))).toEqual({ error: 3 });
        expect(await post(pair, text(100))).toEqual({ size: 100 });
      });
    });
  }
});

function sizeIfWhole(message: Message, body: string): number {
  const whole = message.get('before') === 1 && String(message.get('body')) === body && message.get('after') === 'end';
  return whole ? body.length : -1;
}

/** A text in which every place looks different. */
function text(length: number): string {
  return Array.from({ length: Math.ceil(length / 8) }, (_, i) => String(i).padStart(8, '.'))
    .join('')
    .slice(0, length);
}
