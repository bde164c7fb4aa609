import type { Migration } from './database.ts'

/**
 * Index versions that wait beside the live one, the work that keeps them up to date, and how fast work was done. A CHECK cannot be
 * changed in place: the tables are made anew, those that refer to others last.
 */
export const VERSIONS_MIGRATION: Migration = {
  name: '0004-versions-beside',
  sql: `
CREATE TEMP TABLE kept_published AS SELECT * FROM published;
CREATE TEMP TABLE kept_versions AS SELECT * FROM versions;
CREATE TEMP TABLE kept_jobs AS SELECT * FROM jobs;
DROP TABLE published;
DROP TABLE versions;
DROP TABLE jobs;

CREATE TABLE versions (
  id TEXT PRIMARY KEY,
  database_id TEXT NOT NULL REFERENCES databases (id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  settings TEXT NOT NULL, -- JSON
  state TEXT NOT NULL CHECK (state IN ('building', 'built', 'live', 'retired', 'dropped')),
  created_at INTEGER NOT NULL,
  built_at INTEGER, -- when it began to wait beside the live one; NULL: it never did
  switched_at INTEGER,
  UNIQUE (database_id, ordinal)
) STRICT;
CREATE UNIQUE INDEX versions_live ON versions (database_id) WHERE state = 'live';
CREATE UNIQUE INDEX versions_building ON versions (database_id) WHERE state = 'building';
INSERT INTO versions (id, database_id, ordinal, settings, state, created_at, switched_at)
  SELECT id, database_id, ordinal, settings, state, created_at, switched_at FROM kept_versions ORDER BY rowid;

CREATE TABLE published (
  version_id TEXT NOT NULL REFERENCES versions (id) ON DELETE CASCADE,
  document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
  revision INTEGER NOT NULL,
  chunks INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  PRIMARY KEY (version_id, document_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX published_document ON published (document_id);
INSERT INTO published SELECT version_id, document_id, revision, chunks, tokens FROM kept_published;

CREATE TABLE jobs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, -- order of creation
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('ingest', 'remove', 'drop', 'switch', 'build')),
  owner_id TEXT NOT NULL,
  database_id TEXT NOT NULL,
  document_id TEXT,
  revision INTEGER,
  version_id TEXT,
  lane TEXT NOT NULL, -- the document, or for work on a whole database that: jobs of one lane run one after the other
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
  stage TEXT NOT NULL,
  done INTEGER NOT NULL,
  total INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  checkpoint TEXT,
  error TEXT, -- JSON
  cancel_requested INTEGER NOT NULL,
  worker TEXT,
  lease_until INTEGER,
  run_after INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
INSERT INTO jobs (seq, id, kind, owner_id, database_id, document_id, revision, version_id, lane, state, stage, done, total, attempts, checkpoint, error,
    cancel_requested, worker, lease_until, run_after, created_at, updated_at)
  SELECT seq, id, kind, owner_id, database_id, document_id, revision, version_id, lane, state, stage, done, total, attempts, checkpoint, error,
    cancel_requested, worker, lease_until, run_after, created_at, updated_at FROM kept_jobs;
CREATE INDEX jobs_queued ON jobs (kind, run_after, seq) WHERE state = 'queued';
CREATE INDEX jobs_running ON jobs (lease_until) WHERE state = 'running';
CREATE INDEX jobs_lane ON jobs (lane, seq) WHERE state IN ('queued', 'running');
CREATE INDEX jobs_active_database ON jobs (database_id, state) WHERE state IN ('queued', 'running');
CREATE INDEX jobs_owner ON jobs (owner_id, created_at DESC, id);
CREATE INDEX jobs_owner_state ON jobs (owner_id, state, created_at DESC, id);
CREATE INDEX jobs_database ON jobs (database_id, created_at DESC, id);
CREATE INDEX jobs_document ON jobs (document_id, created_at DESC, id) WHERE document_id IS NOT NULL;
CREATE INDEX jobs_ended ON jobs (updated_at) WHERE state IN ('done', 'failed', 'cancelled');

DROP TABLE kept_published;
DROP TABLE kept_versions;
DROP TABLE kept_jobs;

CREATE TABLE speeds (
  work TEXT PRIMARY KEY,
  units REAL NOT NULL,
  ms REAL NOT NULL
) STRICT, WITHOUT ROWID;
`,
}
