/** One step of the schema. All run in one transaction. */
export interface Migration {
  readonly name: string;
  readonly statements: readonly string[];
}
