import { type Checkpoint, type Checkpoints, SEALED } from '../../ports/graph.ts'
import { inBatches } from './batches.ts'
import { number, optionalText, text } from './catalog-rows.ts'
import type { Row, SqliteFile } from './database.ts'

const MOST_LISTED = 100
/** After every character of an id. */
const LAST = '\u{10ffff}'

/**
 * Takes away what is kept of answers from a database, or to an account, that is purged: questions and passages are in it. An
 * answer that runs then is not gone on with. To be called within a write.
 */
export function dropCheckpoints(file: SqliteFile, gone: { readonly databaseId: string } | { readonly accountId: string }): void {
  const [is, id] =
    'accountId' in gone
      ? ["json_extract(state, '$.accountId') = ?", gone.accountId]
      : ["EXISTS (SELECT 1 FROM json_each(state, '$.databaseIds') WHERE value = ?)", gone.databaseId]
  const which = `FROM answer_checkpoints WHERE CASE WHEN json_valid(state) THEN ${is} END`
  // One that would have begun with the answer.
  file.run(
    `DELETE FROM chat_sessions WHERE id IN (SELECT conversation_id ${which} AND conversation_id IS NOT NULL)
     AND NOT EXISTS (SELECT 1 FROM chat_messages WHERE session_id = chat_sessions.id)`,
    id,
  )
  file.run(`DELETE ${which}`, id)
}

/** In the file of the catalog, so that they go with their conversations. */
export function sqliteCheckpoints(file: SqliteFile): Checkpoints {
  return {
    async keep(id, { graph, node, state, at, conversationId }) {
      file.write(() => {
        const gone = conversationId !== undefined && file.get('SELECT id FROM chat_sessions WHERE id = ?', conversationId) === undefined
        if (gone) return
        file.run(
          `INSERT INTO answer_checkpoints (id, conversation_id, graph, node, at, state) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE
           SET conversation_id = excluded.conversation_id, graph = excluded.graph, node = excluded.node, at = excluded.at, state = excluded.state
           WHERE answer_checkpoints.node <> '${SEALED}'`,
          ...[id, conversationId, graph, node, at, state],
        )
      })
    },
    async checkpoint(id) {
      const row = file.get('SELECT * FROM answer_checkpoints WHERE id = ?', id)
      return row === undefined ? undefined : checkpointIn(row)
    },
    async checkpointsUnder(prefix) {
      const sql = 'SELECT * FROM answer_checkpoints WHERE id >= ? AND id < ? ORDER BY at DESC, id LIMIT ?'
      return file.all(sql, prefix, prefix + LAST, MOST_LISTED).map((row) => ({ ...checkpointIn(row), id: text(row, 'id') }))
    },
    claimCheckpoint: async (id, at, to) => file.write(() => file.run('UPDATE answer_checkpoints SET at = ? WHERE id = ? AND at = ?', to, id, at) === 1),
    sealCheckpoint: async (id) => file.write(() => file.run(`UPDATE answer_checkpoints SET node = '${SEALED}' WHERE id = ? AND node <> '${SEALED}'`, id) === 1),
    async removeCheckpoint(id) {
      if (file.get('SELECT id FROM answer_checkpoints WHERE id = ?', id) === undefined) return
      file.write(() => file.run('DELETE FROM answer_checkpoints WHERE id = ?', id), { freesSpace: true })
    },
    async sweepCheckpoints(before) {
      const older = 'FROM answer_checkpoints WHERE at < ?'
      // Each takes its checkpoint along.
      const empty = await inBatches(
        file,
        `DELETE FROM chat_sessions WHERE id IN (SELECT conversation_id ${older} AND conversation_id IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM chat_messages WHERE session_id = conversation_id) LIMIT ?)`,
        before,
      )
      return empty + (await inBatches(file, `DELETE FROM answer_checkpoints WHERE id IN (SELECT id ${older} LIMIT ?)`, before))
    },
  }
}

function checkpointIn(row: Row): Checkpoint {
  return {
    graph: text(row, 'graph'),
    node: text(row, 'node'),
    state: text(row, 'state'),
    at: number(row, 'at'),
    conversationId: optionalText(row, 'conversation_id'),
  }
}
