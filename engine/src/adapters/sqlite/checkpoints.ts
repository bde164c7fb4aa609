import type { Checkpoints } from '../../ports/graph.ts'
import { inBatches } from './batches.ts'
import { number, optionalText, text } from './catalog-rows.ts'
import type { SqliteFile } from './database.ts'

/** In the file of the catalog, so that they go with their conversations. */
export function sqliteCheckpoints(file: SqliteFile): Checkpoints {
  return {
    async keep(id, { graph, node, state, at, conversationId }) {
      file.write(() => {
        const gone = conversationId !== undefined && file.get('SELECT id FROM chat_sessions WHERE id = ?', conversationId) === undefined
        if (gone) return
        file.run(
          `INSERT INTO answer_checkpoints (id, conversation_id, graph, node, at, state) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE
           SET conversation_id = excluded.conversation_id, graph = excluded.graph, node = excluded.node, at = excluded.at, state = excluded.state`,
          ...[id, conversationId, graph, node, at, state],
        )
      })
    },
    async checkpoint(id) {
      const row = file.get('SELECT * FROM answer_checkpoints WHERE id = ?', id)
      if (row === undefined) return undefined
      const conversationId = optionalText(row, 'conversation_id')
      return { graph: text(row, 'graph'), node: text(row, 'node'), state: text(row, 'state'), at: number(row, 'at'), conversationId }
    },
    async removeCheckpoint(id) {
      if (file.get('SELECT id FROM answer_checkpoints WHERE id = ?', id) === undefined) return
      file.write(() => file.run('DELETE FROM answer_checkpoints WHERE id = ?', id), { freesSpace: true })
    },
    async sweepCheckpoints(before) {
      return inBatches(file, 'DELETE FROM answer_checkpoints WHERE id IN (SELECT id FROM answer_checkpoints WHERE at < ? LIMIT ?)', before)
    },
  }
}
