import type { Migration } from './database.ts'

/** Answers keep the checks of their sentences, what they cost and how they came about; published chats say how they answer. */
export const CONVERSATIONS_MIGRATION: Migration = {
  name: '0008-conversations',
  sql: `
ALTER TABLE chat_messages ADD COLUMN sentences TEXT NOT NULL DEFAULT '[]'; -- JSON
ALTER TABLE chat_messages ADD COLUMN cost INTEGER; -- micro-dollars
ALTER TABLE chat_messages ADD COLUMN trace_id TEXT;
ALTER TABLE chat_messages ADD COLUMN summary TEXT; -- of its branch up to and including it

ALTER TABLE publications ADD COLUMN guard TEXT NOT NULL DEFAULT '{}'; -- JSON; a topic that is not named is off
ALTER TABLE publications ADD COLUMN voice TEXT;
ALTER TABLE publications ADD COLUMN strictness TEXT CHECK (strictness IN ('mark', 'remove', 'withhold'));
`,
}
