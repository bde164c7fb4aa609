import { AppError } from '../../domain/errors.ts'
import { type GoldenCase, type GoldenPage, MOST_GOLDEN_CASES } from '../../domain/evaluation.ts'
import type { GoldenSets } from '../../ports/golden.ts'
import { pageOf, pageSize, readCursor } from '../catalog-rules.ts'
import { number, optionalText, text } from './catalog-rows.ts'
import type { Row, SqliteFile } from './database.ts'
import type { Making } from './queue-rows.ts'

/** Golden sets in the file of the catalog. */
export function sqliteGolden(file: SqliteFile, { now, newId }: Making): GoldenSets {
  const count = (databaseId: string) => number(file.get('SELECT count(*) AS n FROM golden_cases WHERE database_id = ?', databaseId) ?? {}, 'n')
  return {
    async putCases(databaseId, cases) {
      return file.write(() => {
        if (file.get("SELECT id FROM databases WHERE id = ? AND state = 'live'", databaseId) === undefined) {
          throw new AppError('database/not-found', { database: databaseId })
        }
        const kept = cases.map(({ question, answerable, documents, pages, answer, messageId }) => {
          const key = question.normalize('NFC').trim()
          const lists = [JSON.stringify(documents), JSON.stringify(pages)]
          file.run(
            `INSERT INTO golden_cases SELECT ?, ?, coalesce((SELECT max(ordinal) FROM golden_cases WHERE database_id = ?), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ?
             WHERE true ON CONFLICT (database_id, question_key) DO UPDATE SET
             answerable = excluded.answerable, documents = excluded.documents, pages = excluded.pages, answer = excluded.answer, message_id = excluded.message_id`,
            ...[newId('case'), databaseId, databaseId, question, key, answerable ? 1 : 0, ...lists, answer, messageId, now()],
          )
          const row = file.get('SELECT * FROM golden_cases WHERE database_id = ? AND question_key = ?', databaseId, key)
          return caseOf(row ?? {})
        })
        if (count(databaseId) > MOST_GOLDEN_CASES) throw new AppError('golden/too-many', { database: databaseId, most: MOST_GOLDEN_CASES })
        return kept
      })
    },
    async cases(databaseId, { limit, cursor }) {
      const size = pageSize(limit)
      const place = readCursor(cursor)?.createdAt ?? 0
      const rows = file.all('SELECT * FROM golden_cases WHERE database_id = ? AND ordinal > ? ORDER BY ordinal LIMIT ?', databaseId, place, size + 1)
      const { nextCursor } = pageOf(
        rows.map((row) => ({ createdAt: number(row, 'ordinal'), id: text(row, 'id') })),
        size,
      )
      return { items: rows.slice(0, size).map(caseOf), nextCursor }
    },
    async removeCase(databaseId, id) {
      return file.write(() => file.run('DELETE FROM golden_cases WHERE database_id = ? AND id = ?', databaseId, id) > 0)
    },
    countCases: async (databaseId) => count(databaseId),
  }
}

function caseOf(row: Row): GoldenCase {
  return {
    id: text(row, 'id'),
    databaseId: text(row, 'database_id'),
    question: text(row, 'question'),
    answerable: number(row, 'answerable') === 1,
    documents: JSON.parse(text(row, 'documents')) as string[],
    pages: JSON.parse(text(row, 'pages')) as GoldenPage[],
    answer: optionalText(row, 'answer'),
    messageId: optionalText(row, 'message_id'),
    createdAt: number(row, 'created_at'),
  }
}
