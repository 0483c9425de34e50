import { EventEmitter, once } from 'node:events';
import {
  Arg,
  type CanActivate,
  Catch,
  Context,
  type ExceptionFilter,
  type ExecutionContext,
  Injectable,
  type NotifyContext,
  SetVar,
  SpoeMessage,
  UseFilters,
  UseGuards,
  type VariablesByScope,
} from '@spoa/framework';
import { schemaFrom } from '@spoa/framework/parse';
import { describe, expect, test } from 'vitest';
import { useApplication } from './support/application.ts';
import { describeCombinations } from './support/combinations.ts';

const SPOE = `
spoe-message decide
  args path=path
  event on-frontend-http-request

spoe-message log
  args path=path
  event on-frontend-http-request if { path /decide/both }
`;

/** The fallback decides: what has no verdict would pass. */
const FRONTEND = `
  http-request deny deny_status 403 if { var(txn.p.verdict) -m str deny }
  http-request return status 200 hdr verdict "%[var(txn.p.verdict)]" hdr why "%[var(txn.p.why)]" hdr logged "%[var(txn.p.logged)]" hdr error "%[var(txn.p.error)]"
`;

@Injectable()
class Paths {
  isForbidden(path: string): boolean {
    return path.startsWith('/forbidden');
  }
}

@Injectable()
class PathGuard implements CanActivate {
  constructor(private readonly paths: Paths) {}

  canActivate(context: ExecutionContext): boolean {
    return !this.paths.isForbidden(String(context.message.get('path')));
  }
}

@Catch(RangeError)
class RangeFilter implements ExceptionFilter {
  catch(): VariablesByScope {
    return { transaction: { verdict: 'filtered' } };
  }
}

/** The path in small letters. */
const path = schemaFrom((text: string) => text.toLowerCase());

const aborted: string[] = [];

@SpoeMessage('decide', {
  fallback: { transaction: { verdict: 'deny' } },
  errorVar: { name: 'why', scope: 'transaction' },
  deadlineMs: 50,
})
@UseGuards(PathGuard)
@UseFilters(RangeFilter)
class DecideController {
  @SetVar('verdict', { scope: 'transaction' })
  handle(@Arg('path', path) asked: string, @Context() notify: NotifyContext): string | Promise<string> {
    if (asked === '/range') throw new RangeError();
    if (!asked.startsWith('/decide')) return 'allow';
    notify.signal.addEventListener('abort', () => aborted.push(asked));
    return new Promise(() => {});
  }
}

@SpoeMessage('log')
class LogController {
  @SetVar('logged', { scope: 'transaction' })
  handle(@Arg('path') asked: string): string {
    return asked;
  }
}

/** Waits for ever: HAProxy gets the fallback when the agent closes. */
@SpoeMessage('decide', {
  fallback: { transaction: { verdict: 'deny' } },
  errorVar: { name: 'why', scope: 'transaction' },
})
class EndlessController {
  handle(): Promise<void> {
    began.emit('handler');
    return new Promise(() => {});
  }
}

const began = new EventEmitter();

describeCombinations((combination) => {
  describe('an agent that closes with a handler at work', () => {
    const pair = useApplication(combination, {
      spoe: SPOE,
      frontend: `http-request return status 403 hdr why "%[var(txn.p.why)]" if { var(txn.p.verdict) -m str deny }`,
      controllers: [EndlessController],
      processingTimeout: '5s',
    });

    test('sends the fallback', async () => {
      const handler = once(began, 'handler');
      const asked = pair.get('/');
      await handler;
      const closed = pair.application.close({ timeoutMs: 50 });
      expect(await asked).toMatchObject({ status: 403, headers: { why: 'SPOA_AGENT_CLOSED' } });
      await closed;
      expect(pair.takeComplaints()).toHaveLength(1);
    });
  });

  const pair = useApplication(combination, {
    spoe: SPOE,
    frontend: FRONTEND,
    controllers: [DecideController, LogController],
    providers: [Paths],
    processingTimeout: '5s',
  });

  test('the handler decides, a guard, a filter, and the fallback when the deadline passes', async () => {
    const ask = async (asked: string) => {
      const { status, headers } = await pair.get(asked);
      return { status, verdict: headers.verdict, why: headers.why, logged: headers.logged, error: headers.error };
    };
    expect(await ask('/ALLOWED')).toEqual({ status: 200, verdict: 'allow' });
    expect(await ask('/range')).toEqual({ status: 200, verdict: 'filtered' });
    expect(await ask('/forbidden')).toMatchObject({ status: 403 });
    expect(pair.takeComplaints()).toEqual([]);

    aborted.length = 0;
    // Were HAProxy to give up, there would be no verdict, and the request would pass.
    expect(await ask('/decide')).toMatchObject({ status: 403 });
    expect(await ask('/decide/both')).toMatchObject({ status: 403 });
    expect(aborted).toEqual(['/decide', '/decide/both']);
    expect(pair.takeComplaints().map(({ facts }) => (facts as { err: { code: string } }).err.code)).toEqual([
      'SPOA_DEADLINE_EXCEEDED',
    ]);
    expect(Object.fromEntries(pair.application.failures)).toEqual({
      'decide SPOA_GUARD_DENIED': 1,
      'decide SPOA_DEADLINE_EXCEEDED': 2,
    });
  });
});
