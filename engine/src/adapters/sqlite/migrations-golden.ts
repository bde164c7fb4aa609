import type { Migration } from './database.ts'

/** Questions by which a database is measured. */
export const GOLDEN_MIGRATION: Migration = {
  name: '0009-golden-sets',
  sql: `
CREATE TABLE golden_cases (
  id TEXT PRIMARY KEY,
  database_id TEXT NOT NULL REFERENCES databases (id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL, -- in the order in which they were added
  question TEXT NOT NULL,
  question_key TEXT NOT NULL, -- NFC, without blanks around
  answerable INTEGER NOT NULL,
  documents TEXT NOT NULL, -- JSON, external ids
  pages TEXT NOT NULL, -- JSON
  answer TEXT,
  message_id TEXT,
  created_at INTEGER NOT NULL,
  UNIQUE (database_id, question_key),
  UNIQUE (database_id, ordinal)
) STRICT;
`,
}
