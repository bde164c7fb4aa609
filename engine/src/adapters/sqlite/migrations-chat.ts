import { foldForSearch } from '../catalog-rules.ts'
import type { Migration } from './database.ts'

/** Messages become a tree; feedback, links and words to search by. */
export const CHAT_MIGRATION: Migration = {
  name: '0003-chat-branches',
  functions: { fold_for_search: foldForSearch },
  sql: `
ALTER TABLE chat_sessions ADD COLUMN search_key TEXT NOT NULL DEFAULT '';
UPDATE chat_sessions SET search_key = fold_for_search(title);

ALTER TABLE chat_messages ADD COLUMN parent_id TEXT; -- of the same session; NULL: a first message
ALTER TABLE chat_messages ADD COLUMN nearest TEXT NOT NULL DEFAULT '[]'; -- JSON
ALTER TABLE chat_messages ADD COLUMN writer TEXT;
ALTER TABLE chat_messages ADD COLUMN mode TEXT; -- JSON
ALTER TABLE chat_messages ADD COLUMN rating TEXT CHECK (rating IN ('up', 'down'));
ALTER TABLE chat_messages ADD COLUMN comment TEXT;
ALTER TABLE chat_messages ADD COLUMN search_key TEXT NOT NULL DEFAULT '';
UPDATE chat_messages SET search_key = fold_for_search(text), parent_id =
  (SELECT before.id FROM chat_messages before WHERE before.session_id = chat_messages.session_id AND before.ordinal = chat_messages.ordinal - 1);
CREATE INDEX chat_messages_branch ON chat_messages (session_id, parent_id, ordinal);

-- Of all answers that were ever rated: conversations of visitors do not last.
ALTER TABLE publications ADD COLUMN votes_up INTEGER NOT NULL DEFAULT 0;
ALTER TABLE publications ADD COLUMN votes_down INTEGER NOT NULL DEFAULT 0;

CREATE TABLE chat_links (
  session_id TEXT PRIMARY KEY REFERENCES chat_sessions (id) ON DELETE CASCADE,
  id TEXT NOT NULL UNIQUE,
  secret_hash TEXT NOT NULL,
  title TEXT NOT NULL,
  up_to TEXT, -- a message; NULL: there was none
  created_at INTEGER NOT NULL,
  expires_at INTEGER
) STRICT, WITHOUT ROWID;
`,
}
