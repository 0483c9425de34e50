import {
  Arg,
  type ArgOptions,
  type Class,
  DefinedMessage,
  defineMessage,
  SetVar,
  SpoeMessage,
} from '../../src/index.ts';

/** Options of an argument that both forms take. */
type ArgumentOptions = Required<Pick<ArgOptions, 'type'>> & Pick<ArgOptions, 'optional' | 'default'>;

/** One of the two ways to write a handler: with the same declaration both must do the same. */
export interface Form {
  readonly name: string;
  /** The handler of a message `m` that tells `seen` what its argument became. */
  takes(argument: string | number, options: ArgumentOptions, seen: (value: unknown) => void): Class | DefinedMessage;
  /** The handler of a message `m` that sets the session variable `v` to what `result` returns. */
  sets(result: () => unknown): Class | DefinedMessage;
}

export const FORMS: readonly Form[] = [
  {
    name: 'a controller class',
    takes(argument, options, seen) {
      @SpoeMessage('m')
      class Taking {
        handle(@Arg(argument, options) value: unknown): void {
          seen(value);
        }
      }
      return Taking;
    },
    sets(result) {
      @SpoeMessage('m')
      class Setting {
        @SetVar('v', { scope: 'session' })
        handle(): number {
          return result() as number;
        }
      }
      return Setting;
    },
  },
  {
    name: 'defineMessage',
    takes(argument, options, seen) {
      return defineMessage({
        name: 'm',
        args: { value: { name: argument, ...options } },
        handle: ({ value }) => seen(value),
      });
    },
    sets(result) {
      return defineMessage({
        name: 'm',
        vars: { v: 'session' },
        handle: () => {
          const v = result() as number | Promise<number>;
          return v instanceof Promise ? v.then((settled) => ({ v: settled })) : { v };
        },
      });
    },
  },
];
