import type { StandardSchemaV1 } from '@standard-schema/spec';
import { FrameworkError } from '../errors.ts';

/**
 * Makes a Standard Schema of a function that reads one value and throws a `FrameworkError` where it cannot: what takes a
 * schema (a pipe, a configuration) takes it then. Whatever else the function throws is thrown on.
 *
 * @example
 * const fewCookies = schemaFrom((text: string) => parseCookies(text, { maxCookies: 20 }));
 */
export function schemaFrom<Input, Output>(parse: (input: Input) => Output): StandardSchemaV1<Input, Output> {
  const validate = (value: unknown): StandardSchemaV1.Result<Output> => {
    try {
      // What it is given is for the function to check.
      return { value: parse(value as Input) };
    } catch (error) {
      if (error instanceof FrameworkError) return { issues: [{ message: error.message }] };
      throw error;
    }
  };
  return { '~standard': { version: 1, vendor: 'spoa', validate } };
}
