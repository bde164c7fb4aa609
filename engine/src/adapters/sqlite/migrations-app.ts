import type { Migration } from './database.ts'

/**
 * What an owner chose about models, and when something last happened in a database: kept by triggers, so that a list of
 * databases tells it without asking for each of them. Within five seconds, so that a batch of jobs does not write one row over and over.
 */
export const APP_MIGRATION: Migration = {
  name: '0005-models-and-activity',
  sql: `
CREATE TABLE model_choices (
  name TEXT PRIMARY KEY CHECK (name IN ('CHAT_MODEL', 'EMBEDDING_MODEL', 'OPENAI_BASE_URL', 'OLLAMA_URL', 'OPENAI_API_KEY')),
  value TEXT NOT NULL, -- of a key: sealed
  address TEXT, -- of a key: where it may be sent
  CHECK ((name = 'OPENAI_API_KEY') = (address IS NOT NULL))
) STRICT, WITHOUT ROWID;

ALTER TABLE databases ADD COLUMN active_at INTEGER NOT NULL DEFAULT 0;
UPDATE databases SET active_at = max(updated_at, coalesce((SELECT max(j.updated_at) FROM jobs j WHERE j.database_id = databases.id), 0));
CREATE TRIGGER databases_active AFTER INSERT ON jobs BEGIN
  UPDATE databases SET active_at = new.created_at WHERE id = new.database_id AND max(active_at, updated_at) < new.created_at - 5000;
END;
CREATE TRIGGER databases_busy AFTER UPDATE OF state ON jobs BEGIN
  UPDATE databases SET active_at = new.updated_at WHERE id = new.database_id AND max(active_at, updated_at) < new.updated_at - 5000;
END;
`,
}
