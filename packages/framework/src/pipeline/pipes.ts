import { isThenable } from '@spoa/core';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { ArgumentMetadata, PipeTransform } from './enhancer.ts';
import { InvalidArgumentError } from './refusals.ts';

/** Checks and transforms an argument with a schema of any library that speaks Standard Schema: zod, valibot, arktype, our own. */
export class SchemaPipe<Schema extends StandardSchemaV1> implements PipeTransform {
  readonly #schema: Schema;

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  /** @throws InvalidArgumentError (SPOA_ARGUMENT_INVALID); a promise only where the schema is asynchronous */
  transform(value: unknown, metadata: ArgumentMetadata): unknown {
    const result = this.#schema['~standard'].validate(value);
    return isThenable(result)
      ? result.then((settled) => outputOf(settled as StandardSchemaV1.Result<unknown>, metadata))
      : outputOf(result, metadata);
  }
}

function outputOf(result: StandardSchemaV1.Result<unknown>, { data }: ArgumentMetadata): unknown {
  if (result.issues === undefined) return result.value;
  throw new InvalidArgumentError(data, result.issues);
}

/** Gives a value where HAProxy has nothing to send. */
export class DefaultValuePipe<T> implements PipeTransform {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  transform(value: unknown): unknown {
    return value === undefined || value === null ? this.#value : value;
  }
}
