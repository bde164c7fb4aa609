import type { Migration } from './database.ts'
import { APP_MIGRATION } from './migrations-app.ts'
import { CHAT_MIGRATION } from './migrations-chat.ts'
import { CONVERSATIONS_MIGRATION } from './migrations-conversations.ts'
import { GOLDEN_MIGRATION } from './migrations-golden.ts'
import { MODELS_MIGRATION } from './migrations-models.ts'
import { PEOPLE_MIGRATION } from './migrations-people.ts'
import { TRACES_MIGRATION } from './migrations-traces.ts'
import { VERSIONS_MIGRATION } from './migrations-versions.ts'

/** Catalog and queue, in one file so that a change and its job are one transaction. Entries are never edited once released. */
export const CATALOG_MIGRATIONS: readonly Migration[] = [
  {
    name: '0001-catalog-and-queue',
    sql: `
CREATE TABLE databases (
  id TEXT PRIMARY KEY,
  owner_id TEXT NOT NULL,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL, -- NFC
  description TEXT,
  weight_dense REAL NOT NULL,
  weight_lexical REAL NOT NULL,
  live_version_id TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('live', 'deleting')),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX databases_name ON databases (owner_id, name_key) WHERE state = 'live';
CREATE INDEX databases_list ON databases (owner_id, created_at DESC, id) WHERE state = 'live';

CREATE TABLE versions (
  id TEXT PRIMARY KEY,
  database_id TEXT NOT NULL REFERENCES databases (id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  settings TEXT NOT NULL, -- JSON
  state TEXT NOT NULL CHECK (state IN ('building', 'live', 'retired', 'dropped')),
  created_at INTEGER NOT NULL,
  switched_at INTEGER,
  UNIQUE (database_id, ordinal)
) STRICT;
CREATE UNIQUE INDEX versions_live ON versions (database_id) WHERE state = 'live';
CREATE UNIQUE INDEX versions_building ON versions (database_id) WHERE state = 'building';

CREATE TABLE documents (
  id TEXT PRIMARY KEY,
  database_id TEXT NOT NULL REFERENCES databases (id),
  external_id TEXT NOT NULL,
  name TEXT NOT NULL,
  title TEXT,
  media_type TEXT NOT NULL,
  size INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  metadata TEXT NOT NULL, -- JSON
  state TEXT NOT NULL CHECK (state IN ('queued', 'processing', 'ready', 'failed', 'archive', 'deleting')),
  revision INTEGER NOT NULL,
  live_revision INTEGER,
  extracted_sha256 TEXT,
  next_extracted_sha256 TEXT, -- takes the place of extracted_sha256 when its revision becomes live
  error TEXT, -- JSON
  warnings TEXT NOT NULL, -- JSON
  pages INTEGER,
  chunks INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  parent_id TEXT,
  search_key TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX documents_external ON documents (database_id, external_id) WHERE state <> 'deleting';
CREATE INDEX documents_list ON documents (database_id, created_at DESC, id) WHERE state <> 'deleting';
CREATE INDEX documents_state ON documents (database_id, state, created_at DESC, id);
CREATE INDEX documents_live ON documents (database_id, id, live_revision) WHERE live_revision IS NOT NULL AND state <> 'deleting';
CREATE INDEX documents_parent ON documents (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX documents_sha256 ON documents (sha256);
CREATE INDEX documents_extracted ON documents (extracted_sha256) WHERE extracted_sha256 IS NOT NULL;
CREATE INDEX documents_next_extracted ON documents (next_extracted_sha256) WHERE next_extracted_sha256 IS NOT NULL;

CREATE TABLE published (
  version_id TEXT NOT NULL REFERENCES versions (id) ON DELETE CASCADE,
  document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
  revision INTEGER NOT NULL,
  chunks INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  PRIMARY KEY (version_id, document_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX published_document ON published (document_id);

-- Kept by triggers, so that a summary reads six rows whatever the number of documents. Sums are over documents that answer.
CREATE TABLE document_counts (
  database_id TEXT NOT NULL,
  state TEXT NOT NULL,
  documents INTEGER NOT NULL,
  chunks INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (database_id, state)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER documents_counted AFTER INSERT ON documents BEGIN
  INSERT INTO document_counts VALUES (new.database_id, new.state, 1, iif(new.live_revision IS NULL, 0, new.chunks),
    iif(new.live_revision IS NULL, 0, new.tokens), iif(new.live_revision IS NULL, 0, new.size))
  ON CONFLICT DO UPDATE SET documents = documents + 1, chunks = chunks + excluded.chunks, tokens = tokens + excluded.tokens, bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER documents_uncounted AFTER DELETE ON documents BEGIN
  UPDATE document_counts SET documents = documents - 1, chunks = chunks - iif(old.live_revision IS NULL, 0, old.chunks),
    tokens = tokens - iif(old.live_revision IS NULL, 0, old.tokens), bytes = bytes - iif(old.live_revision IS NULL, 0, old.size)
  WHERE database_id = old.database_id AND state = old.state;
END;
CREATE TRIGGER documents_recounted AFTER UPDATE OF state, live_revision, chunks, tokens, size ON documents BEGIN
  UPDATE document_counts SET documents = documents - 1, chunks = chunks - iif(old.live_revision IS NULL, 0, old.chunks),
    tokens = tokens - iif(old.live_revision IS NULL, 0, old.tokens), bytes = bytes - iif(old.live_revision IS NULL, 0, old.size)
  WHERE database_id = old.database_id AND state = old.state;
  INSERT INTO document_counts VALUES (new.database_id, new.state, 1, iif(new.live_revision IS NULL, 0, new.chunks),
    iif(new.live_revision IS NULL, 0, new.tokens), iif(new.live_revision IS NULL, 0, new.size))
  ON CONFLICT DO UPDATE SET documents = documents + 1, chunks = chunks + excluded.chunks, tokens = tokens + excluded.tokens, bytes = bytes + excluded.bytes;
END;

CREATE TABLE jobs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, -- order of creation
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('ingest', 'remove', 'drop', 'switch')),
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
CREATE INDEX jobs_queued ON jobs (kind, run_after, seq) WHERE state = 'queued';
CREATE INDEX jobs_running ON jobs (lease_until) WHERE state = 'running';
CREATE INDEX jobs_lane ON jobs (lane, seq) WHERE state IN ('queued', 'running');
CREATE INDEX jobs_active_database ON jobs (database_id, state) WHERE state IN ('queued', 'running');
CREATE INDEX jobs_owner ON jobs (owner_id, created_at DESC, id);
CREATE INDEX jobs_owner_state ON jobs (owner_id, state, created_at DESC, id);
CREATE INDEX jobs_database ON jobs (database_id, created_at DESC, id);
CREATE INDEX jobs_document ON jobs (document_id, created_at DESC, id) WHERE document_id IS NOT NULL;
CREATE INDEX jobs_ended ON jobs (updated_at) WHERE state IN ('done', 'failed', 'cancelled');

CREATE TABLE replies (
  owner_id TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  status INTEGER NOT NULL,
  body TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (owner_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX replies_expiry ON replies (expires_at);
`,
  },
  PEOPLE_MIGRATION,
  CHAT_MIGRATION,
  VERSIONS_MIGRATION,
  APP_MIGRATION, // makes triggers on jobs: after whatever makes that table anew
  MODELS_MIGRATION,
  TRACES_MIGRATION,
  CONVERSATIONS_MIGRATION,
  GOLDEN_MIGRATION,
]
