import type { Migration } from './database.ts'

/**
 * People, keys, sharing, published chats, conversations, usage and the audit log. Whatever may take a right away moves the
 * one number in `rights`, by trigger and so whoever writes: open streams watch it.
 */
export const PEOPLE_MIGRATION: Migration = {
  name: '0002-people-keys-usage',
  sql: `
CREATE TABLE accounts (
  id TEXT PRIMARY KEY,
  email TEXT, -- lower case, NFC
  name TEXT,
  role TEXT NOT NULL CHECK (role IN ('owner', 'member', 'viewer')),
  state TEXT NOT NULL CHECK (state IN ('unclaimed', 'active', 'suspended', 'deleting')),
  plan_id TEXT REFERENCES plans (id),
  password_hash TEXT,
  issuer TEXT,
  subject TEXT,
  valid_after INTEGER NOT NULL,
  role_set_at INTEGER,
  search_key TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER
) STRICT;
CREATE UNIQUE INDEX accounts_email ON accounts (email) WHERE email IS NOT NULL AND state <> 'deleting';
CREATE UNIQUE INDEX accounts_provider ON accounts (issuer, subject) WHERE issuer IS NOT NULL AND state <> 'deleting';
CREATE INDEX accounts_list ON accounts (created_at DESC, id) WHERE state <> 'deleting';
CREATE INDEX accounts_owners ON accounts (id) WHERE role = 'owner' AND state = 'active';
CREATE INDEX accounts_removed ON accounts (id) WHERE state = 'deleting';

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  secret_hash TEXT NOT NULL,
  label TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_account ON sessions (account_id, created_at DESC, id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE tickets (
  id TEXT PRIMARY KEY,
  purpose TEXT NOT NULL CHECK (purpose IN ('claim', 'reset', 'invitation')),
  account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  secret_hash TEXT NOT NULL,
  email TEXT,
  role TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  CHECK (purpose <> 'invitation' OR (email IS NOT NULL AND role IN ('owner', 'member', 'viewer')))
) STRICT;
CREATE INDEX tickets_account ON tickets (account_id, purpose, created_at DESC, id);
CREATE INDEX tickets_expiry ON tickets (expires_at);

CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  secret_hash TEXT NOT NULL,
  former_secret_hash TEXT,
  former_secret_until INTEGER,
  scopes TEXT NOT NULL, -- JSON
  database_ids TEXT, -- JSON; NULL: all
  filter TEXT, -- JSON
  origins TEXT NOT NULL, -- JSON
  addresses TEXT NOT NULL, -- JSON
  plan_id TEXT REFERENCES plans (id),
  limits TEXT NOT NULL, -- JSON
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  last_used_at INTEGER
) STRICT;
CREATE INDEX api_keys_account ON api_keys (account_id, created_at DESC, id);

-- The origins of each key once more: a browser asks for one of them before it shows the key.
CREATE TABLE api_key_origins (
  origin TEXT NOT NULL,
  key_id TEXT NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
  PRIMARY KEY (origin, key_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX api_key_origins_key ON api_key_origins (key_id);

CREATE TABLE shares (
  database_id TEXT NOT NULL REFERENCES databases (id) ON DELETE CASCADE,
  grantee TEXT NOT NULL, -- an account, or 'everyone'
  level TEXT NOT NULL CHECK (level IN ('read', 'write', 'manage')),
  created_at INTEGER NOT NULL,
  PRIMARY KEY (database_id, grantee)
) STRICT, WITHOUT ROWID;
CREATE INDEX shares_grantee ON shares (grantee, database_id);

CREATE TABLE publications (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  title TEXT NOT NULL,
  greeting TEXT,
  database_ids TEXT NOT NULL, -- JSON
  origins TEXT NOT NULL, -- JSON
  sources TEXT NOT NULL CHECK (sources IN ('quotes', 'documents')),
  plan_id TEXT REFERENCES plans (id),
  keep_days INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER
) STRICT;
CREATE INDEX publications_account ON publications (account_id, created_at DESC, id);

CREATE TABLE visitors (
  id TEXT PRIMARY KEY,
  publication_id TEXT NOT NULL REFERENCES publications (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  delete_at INTEGER NOT NULL,
  claimed_by TEXT
) STRICT;
CREATE INDEX visitors_publication ON visitors (publication_id);
CREATE INDEX visitors_deletion ON visitors (delete_at);

CREATE TABLE chat_sessions (
  id TEXT PRIMARY KEY,
  account_id TEXT REFERENCES accounts (id) ON DELETE CASCADE,
  visitor_id TEXT REFERENCES visitors (id) ON DELETE CASCADE,
  publication_id TEXT,
  database_ids TEXT NOT NULL, -- JSON
  title TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  delete_at INTEGER,
  CHECK ((account_id IS NULL) <> (visitor_id IS NULL))
) STRICT;
CREATE INDEX chat_sessions_account ON chat_sessions (account_id, updated_at DESC, id) WHERE account_id IS NOT NULL;
CREATE INDEX chat_sessions_visitor ON chat_sessions (visitor_id, updated_at DESC, id) WHERE visitor_id IS NOT NULL;
CREATE INDEX chat_sessions_deletion ON chat_sessions (delete_at) WHERE delete_at IS NOT NULL;

CREATE TABLE chat_messages (
  id TEXT PRIMARY KEY,
  session_id TEXT NOT NULL REFERENCES chat_sessions (id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
  text TEXT NOT NULL,
  answered INTEGER,
  citations TEXT NOT NULL, -- JSON
  usage TEXT, -- JSON
  created_at INTEGER NOT NULL,
  UNIQUE (session_id, ordinal)
) STRICT;

CREATE TABLE plans (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL UNIQUE,
  limits TEXT NOT NULL, -- JSON
  built_in INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- Sums; '' where a part does not apply, so that the key has no NULL.
CREATE TABLE usage (
  day TEXT NOT NULL,
  account_id TEXT NOT NULL,
  database_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  visitor_id TEXT NOT NULL,
  publication_id TEXT NOT NULL,
  requests INTEGER NOT NULL,
  questions INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  embedded_tokens INTEGER NOT NULL,
  cost INTEGER NOT NULL, -- micro-dollars
  PRIMARY KEY (day, account_id, database_id, key_id, visitor_id, publication_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_account ON usage (account_id, day);
CREATE INDEX usage_key ON usage (key_id, day) WHERE key_id <> '';
CREATE INDEX usage_visitor ON usage (visitor_id, day) WHERE visitor_id <> '';
CREATE INDEX usage_database ON usage (database_id, day) WHERE database_id <> '';

-- What a database held at the end of a day.
CREATE TABLE usage_storage (
  day TEXT NOT NULL,
  database_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  chunks INTEGER NOT NULL,
  PRIMARY KEY (database_id, day)
) STRICT, WITHOUT ROWID;

-- Money that was set aside and not settled yet.
CREATE TABLE reservations (
  id TEXT PRIMARY KEY,
  day TEXT NOT NULL,
  account_id TEXT NOT NULL,
  database_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  visitor_id TEXT NOT NULL,
  publication_id TEXT NOT NULL,
  cost INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Documents that take room but do not answer (yet): their sizes are read from the index alone.
CREATE INDEX documents_waiting ON documents (database_id, size) WHERE live_revision IS NULL AND state <> 'deleting';

CREATE TABLE spend_caps (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  per_day INTEGER,
  per_month INTEGER
) STRICT;
INSERT INTO spend_caps VALUES (1, NULL, NULL);

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id TEXT,
  action TEXT NOT NULL,
  target TEXT,
  address TEXT,
  facts TEXT NOT NULL, -- JSON
  hash TEXT NOT NULL
) STRICT;
CREATE INDEX audit_action ON audit (action, seq DESC);
CREATE INDEX audit_actor ON audit (actor_id, seq DESC) WHERE actor_id IS NOT NULL;
CREATE TRIGGER audit_kept BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_stays BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;

CREATE TABLE rights (one INTEGER PRIMARY KEY CHECK (one = 1), changes INTEGER NOT NULL) STRICT;
INSERT INTO rights VALUES (1, 0);
CREATE TRIGGER rights_account AFTER UPDATE ON accounts
  WHEN (old.state, old.role, old.valid_after) IS NOT (new.state, new.role, new.valid_after)
  BEGIN UPDATE rights SET changes = changes + 1; END;
CREATE TRIGGER rights_session AFTER DELETE ON sessions BEGIN UPDATE rights SET changes = changes + 1; END;
CREATE TRIGGER rights_key AFTER UPDATE ON api_keys
  WHEN (old.secret_hash, old.former_secret_hash, old.former_secret_until, old.revoked_at, old.expires_at, old.origins, old.addresses)
    IS NOT (new.secret_hash, new.former_secret_hash, new.former_secret_until, new.revoked_at, new.expires_at, new.origins, new.addresses)
  BEGIN UPDATE rights SET changes = changes + 1; END;
CREATE TRIGGER rights_key_gone AFTER DELETE ON api_keys BEGIN UPDATE rights SET changes = changes + 1; END;
CREATE TRIGGER rights_share AFTER UPDATE ON shares
  WHEN old.level IS NOT new.level
  BEGIN UPDATE rights SET changes = changes + 1; END;
CREATE TRIGGER rights_share_gone AFTER DELETE ON shares BEGIN UPDATE rights SET changes = changes + 1; END;
CREATE TRIGGER rights_publication AFTER UPDATE ON publications
  WHEN (old.database_ids, old.origins, old.sources, old.expires_at, old.revoked_at)
    IS NOT (new.database_ids, new.origins, new.sources, new.expires_at, new.revoked_at)
  BEGIN UPDATE rights SET changes = changes + 1; END;
CREATE TRIGGER rights_publication_gone AFTER DELETE ON publications BEGIN UPDATE rights SET changes = changes + 1; END;
CREATE TRIGGER rights_visitor AFTER UPDATE ON visitors
  WHEN old.claimed_by IS NOT new.claimed_by
  BEGIN UPDATE rights SET changes = changes + 1; END;
CREATE TRIGGER rights_visitor_gone AFTER DELETE ON visitors BEGIN UPDATE rights SET changes = changes + 1; END;
CREATE TRIGGER rights_database AFTER UPDATE ON databases
  WHEN (old.state, old.owner_id) IS NOT (new.state, new.owner_id)
  BEGIN UPDATE rights SET changes = changes + 1; END;

-- The owner of all that was made before anybody claimed the server. It can sign in once it has been claimed.
INSERT INTO accounts (id, role, state, valid_after, search_key, created_at) VALUES ('owner', 'owner', 'unclaimed', 0, '', unixepoch() * 1000);
INSERT INTO plans (id, name, name_key, limits, built_in, created_at) VALUES
  ('plan_people', 'people', 'people', '{"requestsPerMinute":1200,"streams":32}', 1, unixepoch() * 1000),
  ('plan_keys', 'keys', 'keys', '{"requestsPerMinute":1200,"streams":32}', 1, unixepoch() * 1000),
  ('plan_visitors', 'visitors', 'visitors', '{"requestsPerMinute":20,"requestsPerDay":200,"tokensPerMinute":50000,"streams":2}', 1, unixepoch() * 1000);
`,
}
