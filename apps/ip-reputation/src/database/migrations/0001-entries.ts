import type { Migration } from './migration.ts';

/**
 * What the lists say. One row: a list gives a prefix a score, 0 (blacklisted without doubt) to 100 (totally safe).
 *
 * IPv4-mapped prefixes are refused because a look-up takes them as IPv4: the same network would have two rows.
 */
export const entries: Migration = {
  name: '0001-entries',
  statements: [
    `CREATE TABLE reputation.entry (
       prefix cidr NOT NULL
         CONSTRAINT ipv4_mapped_is_written_as_ipv4 CHECK (NOT prefix <<= '::ffff:0:0/96'),
       list text NOT NULL
         CONSTRAINT list_is_a_short_name CHECK (char_length(list) BETWEEN 1 AND 100 AND list !~ '[[:cntrl:]]'),
       score smallint NOT NULL
         CONSTRAINT score_is_0_to_100 CHECK (score BETWEEN 0 AND 100),
       reason text
         CONSTRAINT reason_is_a_line CHECK (char_length(reason) BETWEEN 1 AND 500 AND reason !~ '[[:cntrl:]]'),
       expires_at timestamptz,
       created_at timestamptz NOT NULL DEFAULT now(),
       updated_at timestamptz NOT NULL DEFAULT now(),
       PRIMARY KEY (prefix, list)
     )`,
    // For loading and replacing a whole list.
    `CREATE INDEX entry_list_prefix ON reputation.entry (list, prefix)`,
    `CREATE FUNCTION reputation.touch_entry() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       NEW.updated_at = now();
       RETURN NEW;
     END $$`,
    `CREATE TRIGGER entry_touch BEFORE UPDATE ON reputation.entry
       FOR EACH ROW EXECUTE FUNCTION reputation.touch_entry()`,
    // Facts about this database, such as that it has been seeded.
    `CREATE TABLE reputation.property (name text PRIMARY KEY, value text NOT NULL)`,
  ],
};
