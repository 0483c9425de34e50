import { describe, expect, test } from 'vitest';
import { describeMessages } from '../../src/haproxy/index.ts';
import {
  Arg,
  Args,
  BootError,
  Context,
  defineMessage,
  IpAddress,
  type Message,
  type NotifyContext,
  SetVar,
  SpoeMessage,
  Var,
} from '../../src/index.ts';

class Verdict {
  @Var('session') score!: number;
  @Var('transaction', { name: 'listed_in' }) list?: string;
}

@SpoeMessage('reputation', { event: 'on-client-session', if: '{ src 10.0.0.0/8 }' })
class ReputationController {
  @SetVar('score', { scope: 'session' })
  handle(
    @Arg('ip', { sample: 'src' }) _ip: IpAddress,
    @Arg('port', { type: 'number', optional: true }) _port?: number,
    @Arg(2, { type: 'string', default: '' }) _name?: string,
  ): number {
    return 1;
  }
}

@SpoeMessage('verdict')
class VerdictController {
  handle(@Arg('any') _any: unknown): Verdict {
    return new Verdict();
  }
}

@SpoeMessage('later', { returns: Verdict })
class LaterController {
  async handle(@Args() _message: Message): Promise<Verdict | undefined> {
    return undefined;
  }
}

@SpoeMessage('scopes')
class ScopesController {
  handle(@Arg('a', { type: 'string' }) a: string): object {
    return { session: { a } };
  }
}

@SpoeMessage('context')
class ContextController {
  @SetVar('own', { scope: 'process' })
  handle(@Context() _notify: NotifyContext): number {
    return 1;
  }
}

test('event, condition, arguments and variable of a controller, as plain data', () => {
  const described = describeMessages([ReputationController]);
  expect(described).toEqual([
    {
      name: 'reputation',
      handler: 'ReputationController',
      event: 'on-client-session',
      condition: '{ src 10.0.0.0/8 }',
      arguments: [
        { name: 'ip', sample: 'src', type: 'ip' },
        { name: 'port', type: 'number', optional: true },
        { name: 2, type: 'string', optional: true },
      ],
      takesAll: false,
      variables: [{ scope: 'session', name: 'score' }],
      open: false,
    },
  ]);
  expect(JSON.parse(JSON.stringify(described))).toEqual(described);
});

const VARIABLES = [
  { scope: 'session', name: 'score' },
  { scope: 'transaction', name: 'listed_in' },
];

describe('variables', () => {
  test('of a result class that the compiler tells', () => {
    expect(describeMessages([VerdictController])).toMatchObject([
      { variables: VARIABLES, open: false, takesAll: false },
    ]);
  });

  test('of a result class that is named', () => {
    expect(describeMessages([LaterController])).toMatchObject([{ variables: VARIABLES, open: false, takesAll: true }]);
  });

  test('by scope cannot be known', () => {
    expect(describeMessages([ScopesController])).toMatchObject([{ variables: [], open: true }]);
  });

  test('set on the context cannot be known', () => {
    const variables = [{ scope: 'process', name: 'own' }];
    expect(describeMessages([ContextController])).toMatchObject([{ variables, open: true, takesAll: true }]);
  });
});

test('a message without a class: its specification says it all, unless it takes the context', () => {
  const spec = {
    name: 'defined',
    event: 'on-http-response',
    args: { ip: { type: 'ip', sample: 'src' }, size: { type: 'number', name: 'length', optional: true } },
    vars: { score: 'session', list: { scope: 'transaction', name: 'listed_in' } },
  } as const;
  const closed = defineMessage({ ...spec, handle: ({ ip }) => ({ list: String(ip) }) });
  const open = defineMessage({ ...spec, name: 'open', handle: (_, notify) => ({ list: String(notify.streamId) }) });
  const expected = {
    name: 'defined',
    handler: 'message defined',
    event: 'on-http-response',
    arguments: [
      { name: 'ip', sample: 'src', type: 'ip' },
      { name: 'length', type: 'number', optional: true },
    ],
    takesAll: false,
    variables: VARIABLES,
    open: false,
  };
  expect(describeMessages([closed, open])).toEqual([
    expected,
    { ...expected, name: 'open', handler: 'message open', takesAll: true, open: true },
  ]);
});

test('mistakes of the decorators are those of the boot, all at once', () => {
  class NoMessage {}
  @SpoeMessage('bad name')
  class BadName {
    handle(): void {}
  }
  const error = (() => {
    try {
      return describeMessages([NoMessage, BadName, ReputationController]);
    } catch (thrown) {
      return thrown;
    }
  })();
  expect(error).toBeInstanceOf(BootError);
  expect((error as BootError).faults.map(({ code }) => code)).toEqual([
    'SPOA_BOOT_NO_MESSAGE',
    'SPOA_BOOT_NO_HANDLE',
    'SPOA_BOOT_MESSAGE_NAME',
  ]);
});

describe('what is set where a message fails', () => {
  @SpoeMessage('failing', {
    fallback: { session: { score: 50, more: null }, request: { late: true } },
    deadlineMs: 40,
    errorVar: { name: 'error', scope: 'transaction' },
  })
  class FailingController {
    @SetVar('score', { scope: 'session' })
    handle(): number {
      return 1;
    }
  }

  const failing = [
    { scope: 'session', name: 'score' },
    { scope: 'session', name: 'more' },
    { scope: 'request', name: 'late' },
    { scope: 'transaction', name: 'error' },
  ];

  test('are variables too, each once, and the deadline is told', () => {
    expect(describeMessages([FailingController])).toMatchObject([{ variables: failing, deadlineMs: 40, open: false }]);
  });

  test('comes from the application where the message does not say it, each option by itself', () => {
    const failurePolicy = { deadlineMs: 90, fallback: { response: { other: 1 } } };
    const [own, given] = describeMessages([FailingController, ReputationController], { failurePolicy });
    expect(own).toMatchObject({ variables: failing, deadlineMs: 40 });
    const variables = [
      { scope: 'session', name: 'score' },
      { scope: 'response', name: 'other' },
    ];
    expect(given).toMatchObject({ variables, deadlineMs: 90 });
  });

  test('is nothing but the reason for a message that fails empty', () => {
    const empty = defineMessage({
      name: 'empty',
      onError: 'empty',
      errorVar: { name: 'why', scope: 'session' },
      handle: () => undefined,
    });
    const failurePolicy = { fallback: { response: { other: 1 } } };
    const variables = [{ scope: 'session', name: 'why' }];
    expect(describeMessages([empty], { failurePolicy })).toMatchObject([{ variables, open: false }]);
  });
});

describe('what stands around a handler', () => {
  const described = (enhancers: object) =>
    describeMessages([
      defineMessage({
        name: 'm',
        vars: { v: 'session' },
        args: { a: 'string' },
        ...enhancers,
        handle: () => ({ v: 1 }),
      }),
    ]);

  test.each([
    ['guards', [{ canActivate: () => true }], true, false],
    ['interceptors', [{ intercept: () => undefined }], true, false],
    ['pipes', [{ transform: () => undefined }], false, false],
    ['filters', [{ catch: () => undefined }], true, true],
  ])('%s may read other arguments, and filters set other variables', (kind, list, takesAll, open) => {
    expect(described({ [kind]: list })).toMatchObject([
      { takesAll, open, variables: [{ scope: 'session', name: 'v' }] },
    ]);
  });
});
