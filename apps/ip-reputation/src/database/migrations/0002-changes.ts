import type { Migration } from './migration.ts';

/** A statement that changes more rows than this is noted by list instead of by row. */
const ROWS_NOTED = 5000;

const TRANSITION_TABLES = {
  insert: 'NEW TABLE AS changed',
  update: 'OLD TABLE AS before NEW TABLE AS changed',
  delete: 'OLD TABLE AS changed',
};

/**
 * What has changed since somebody looked.
 *
 * A notification alone is not enough: those sent while a listener is away are lost, and a payload holds 8000 bytes.
 * So each statement notes the keys that it changed, or, past some thousands, the lists; the notification (one for a
 * transaction) only says "look". A reader asks for the notes of transactions that its last snapshot did not see:
 * exact whatever the order in which transactions commit, which sequence numbers are not.
 *
 * Notes are removed after a while; `change_horizon` holds the last transaction whose notes may be gone.
 */
export const changes: Migration = {
  name: '0002-changes',
  statements: [
    `CREATE TABLE reputation.change (
       id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
       xact xid8 NOT NULL DEFAULT pg_current_xact_id(),
       noted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
       list text,   -- null: every list
       prefix cidr  -- null: the whole list
     )`,
    'CREATE INDEX change_xact ON reputation.change (xact)',
    'CREATE INDEX change_noted_at ON reputation.change (noted_at)',
    `CREATE TABLE reputation.change_horizon (
       only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
       xact xid8 NOT NULL
     )`,
    `INSERT INTO reputation.change_horizon (xact) VALUES ('0')`,
    // SECURITY DEFINER: who may change entries need not have rights on the notes.
    ...(['insert', 'update', 'delete'] as const).flatMap((operation) => [
      `CREATE FUNCTION reputation.note_${operation}() RETURNS trigger
         LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
       BEGIN
         IF NOT EXISTS (SELECT FROM changed) THEN
           RETURN NULL;
         END IF;
         IF (SELECT count(*) FROM (SELECT FROM changed LIMIT ${ROWS_NOTED + 1}) few) > ${ROWS_NOTED} THEN
           INSERT INTO reputation.change (list) ${changedColumns(operation, 'list')};
         ELSE
           INSERT INTO reputation.change (list, prefix) ${changedColumns(operation, 'list, prefix')};
         END IF;
         PERFORM pg_notify('reputation_change', '');
         RETURN NULL;
       END $$`,
      `CREATE TRIGGER entry_note_${operation} AFTER ${operation} ON reputation.entry
         REFERENCING ${TRANSITION_TABLES[operation]}
         FOR EACH STATEMENT EXECUTE FUNCTION reputation.note_${operation}()`,
    ]),
    `CREATE FUNCTION reputation.note_truncate() RETURNS trigger
       LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
     BEGIN
       INSERT INTO reputation.change DEFAULT VALUES;
       PERFORM pg_notify('reputation_change', '');
       RETURN NULL;
     END $$`,
    `CREATE TRIGGER entry_note_truncate AFTER TRUNCATE ON reputation.entry
       FOR EACH STATEMENT EXECUTE FUNCTION reputation.note_truncate()`,
  ],
};

/** An update may change the key itself: the old one is noted, too. */
function changedColumns(operation: keyof typeof TRANSITION_TABLES, columns: string): string {
  const before = operation === 'update' ? ` UNION SELECT ${columns} FROM before` : '';
  return `SELECT DISTINCT ${columns} FROM changed${before}`;
}
