import type { Migration } from './database.ts'

/** How questions to a database are answered; keys and addresses of more providers. A CHECK cannot be changed in place. */
export const MODELS_MIGRATION: Migration = {
  name: '0006-models',
  sql: `
ALTER TABLE databases ADD COLUMN answers TEXT NOT NULL DEFAULT '{}'; -- JSON of what is not as by default

CREATE TEMP TABLE kept_choices AS SELECT * FROM model_choices;
DROP TABLE model_choices;
CREATE TABLE model_choices (
  name TEXT PRIMARY KEY CHECK (name IN ('CHAT_MODEL', 'CHAT_FALLBACK_MODEL', 'RERANK_MODEL', 'EMBEDDING_MODEL', 'OPENAI_BASE_URL',
    'ANTHROPIC_BASE_URL', 'COHERE_BASE_URL', 'OLLAMA_URL', 'OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'COHERE_API_KEY')),
  value TEXT NOT NULL, -- of a key: sealed
  address TEXT, -- of a key: where it may be sent
  CHECK ((name GLOB '*_API_KEY') = (address IS NOT NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO model_choices SELECT name, value, address FROM kept_choices;
DROP TABLE kept_choices;
`,
}
