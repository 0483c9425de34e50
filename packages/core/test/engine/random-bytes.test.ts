import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeFrame, SpoaError } from '../../src/index.ts';
import { meet } from './support/scripted-agent.ts';

const header = {
  type: fc.constantFrom(0, 3, 101, 102, 103, 103, 103, 255),
  flags: fc.constantFrom(0, 1, 1, 1, 3, 0xffff_ffff),
  streamId: fc.constantFrom(0, 1, 3, 5, 7, 2 ** 53 - 1),
  frameId: fc.constantFrom(0, 1, 1, 1, 2),
};

const someFrame = fc
  .record({ ...header, payload: fc.uint8Array({ maxLength: 40 }) })
  .map((made): Uint8Array => encodeFrame(made));

const stream = fc
  .array(fc.oneof({ weight: 4, arbitrary: someFrame }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }) }), {
    maxLength: 12,
  })
  .map((parts) => Buffer.concat(parts));

it.each([true, false])('whatever an agent sends, the engine settles (strict: %s)', async (strict) => {
  await fc.assert(
    fc.asyncProperty(stream, fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 20 }), async (bytes, cuts) => {
      const { engine, agent } = await meet({ strict });
      const answers = [1, 2, 3].map(() => engine.notify([{ name: 'm', args: [] }]).catch((error: unknown) => error));
      await agent.next();
      let at = 0;
      for (const cut of [...cuts, bytes.length]) {
        if (!agent.duplex.writable || at >= bytes.length) break;
        agent.send(bytes.subarray(at, at + cut));
        at += cut;
      }
      if (agent.duplex.writable) agent.duplex.end();
      const { disconnect, error } = await engine.closed;
      expect(disconnect !== undefined && error !== undefined).toBe(false);
      for (const fault of [...engine.violations, ...(error === undefined ? [] : [error])]) {
        expect(fault).toBeInstanceOf(SpoaError);
      }
      for (const answer of await Promise.all(answers)) {
        expect(answer).toSatisfy((value) => value instanceof SpoaError || 'actions' in (value as object));
      }
      expect(engine).toMatchObject({ inFlight: 0, queued: 0 });
    }),
    { numRuns: 200 },
  );
});
