import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';

/** What a schema tells of one key: of a section (`database`) as of what is in it (`database.url`). */
export interface SchemaKey {
  readonly path: readonly string[];
  readonly isSection: boolean;
  /** Whether nothing starts without it. */
  readonly isRequired: boolean;
  readonly description?: string | undefined;
  readonly default?: unknown;
}

/** The part of JSON Schema that is read. */
interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly description?: string;
  readonly default?: unknown;
}

/**
 * The keys of a schema, each section before what is in it, as far as it tells: by Standard JSON Schema, which zod and arktype
 * have, and valibot with `toStandardJsonSchema` around the schema. None where it does not tell.
 */
export function schemaKeys(schema: StandardSchemaV1): SchemaKey[] {
  const { jsonSchema } = schema['~standard'] as Partial<StandardJSONSchemaV1.Props>;
  if (jsonSchema === undefined) return [];
  try {
    // zod (the first) and valibot refuse a bigint or a date otherwise.
    const libraryOptions = { unrepresentable: 'any', errorMode: 'ignore' };
    return [...keysIn(jsonSchema.input({ target: 'draft-2020-12', libraryOptions }), [], true)];
  } catch {
    // There are schemas that no JSON Schema can say.
    return [];
  }
}

function* keysIn(section: JsonSchema, above: readonly string[], isNeeded: boolean): IterableIterator<SchemaKey> {
  for (const [key, value] of Object.entries(section.properties ?? {})) {
    const path = [...above, key];
    const isRequired = isNeeded && section.required?.includes(key) === true;
    const { description, default: byDefault } = value;
    yield { path, isSection: value.properties !== undefined, isRequired, description, default: byDefault };
    yield* keysIn(value, path, isRequired);
  }
}
