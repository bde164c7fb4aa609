import type { Migration } from './database.ts'

/**
 * How answers came about, and where those under way stand. A trace goes with whom and what it belongs to; of a database that is gone it
 * is hidden at once and swept later. Whoever takes over a visitor's conversations has them alone: the traces go.
 */
export const TRACES_MIGRATION: Migration = {
  name: '0007-traces',
  sql: `
CREATE TABLE answer_traces (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  visitor_id TEXT REFERENCES visitors (id) ON DELETE CASCADE,
  publication_id TEXT,
  conversation_id TEXT REFERENCES chat_sessions (id) ON DELETE CASCADE,
  answer_id TEXT,
  database_ids TEXT NOT NULL, -- JSON
  question TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ms REAL NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('answered', 'not-answered', 'withheld', 'refused', 'failed', 'stopped')),
  writer TEXT NOT NULL,
  usage TEXT, -- JSON
  cost INTEGER, -- micro-dollars
  body TEXT NOT NULL -- JSON, last: a list does not read it
) STRICT;
CREATE INDEX answer_traces_account ON answer_traces (account_id, started_at DESC, id);
CREATE INDEX answer_traces_visitor ON answer_traces (visitor_id) WHERE visitor_id IS NOT NULL;
CREATE INDEX answer_traces_conversation ON answer_traces (conversation_id, started_at DESC, id) WHERE conversation_id IS NOT NULL;
CREATE INDEX answer_traces_age ON answer_traces (started_at);

CREATE TABLE answer_trace_databases (
  trace_id TEXT NOT NULL REFERENCES answer_traces (id) ON DELETE CASCADE,
  database_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  PRIMARY KEY (trace_id, database_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX answer_trace_databases_list ON answer_trace_databases (account_id, database_id, started_at DESC, trace_id);
CREATE INDEX answer_trace_databases_gone ON answer_trace_databases (database_id);

CREATE TRIGGER answer_traces_claimed AFTER UPDATE OF claimed_by ON visitors WHEN new.claimed_by IS NOT NULL
  BEGIN DELETE FROM answer_traces WHERE visitor_id = new.id; END;

CREATE TABLE answer_checkpoints (
  id TEXT PRIMARY KEY,
  conversation_id TEXT REFERENCES chat_sessions (id) ON DELETE CASCADE,
  graph TEXT NOT NULL,
  node TEXT NOT NULL,
  at INTEGER NOT NULL,
  state TEXT NOT NULL -- JSON
) STRICT;
CREATE INDEX answer_checkpoints_conversation ON answer_checkpoints (conversation_id) WHERE conversation_id IS NOT NULL;
CREATE INDEX answer_checkpoints_age ON answer_checkpoints (at);
`,
}
