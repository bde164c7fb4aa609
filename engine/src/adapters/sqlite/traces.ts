import type { Usage } from '../../domain/answer.ts'
import { AppError } from '../../domain/errors.ts'
import type { AnswerTrace } from '../../domain/trace.ts'
import type { TraceSummary, Traces } from '../../ports/traces.ts'
import { pageOf, pageSize, readCursor } from '../catalog-rules.ts'
import { fittingTrace } from '../trace-size.ts'
import { inBatches } from './batches.ts'
import { FIRST } from './catalog-databases.ts'
import { json, number, optionalNumber, optionalText, text } from './catalog-rows.ts'
import type { Row, SqliteFile } from './database.ts'
import { sharedWrites } from './shared-writes.ts'

const LISTED = 't.id, t.conversation_id, t.answer_id, t.database_ids, t.question, t.started_at, t.ms, t.outcome, t.writer, t.usage, t.cost'
/** All its databases are there. */
const WHOLE = `NOT EXISTS (SELECT 1 FROM answer_trace_databases d WHERE d.trace_id = t.id
  AND NOT EXISTS (SELECT 1 FROM databases b WHERE b.id = d.database_id AND b.state = 'live'))`
/** Names of databases that traces speak of, one look at the index for each. */
const NAMED = `WITH RECURSIVE named (id) AS (
    SELECT min(database_id) FROM answer_trace_databases
    UNION ALL SELECT (SELECT min(database_id) FROM answer_trace_databases WHERE database_id > named.id) FROM named WHERE named.id IS NOT NULL
  )
  SELECT id FROM named WHERE id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM databases b WHERE b.id = named.id AND b.state = 'live')`

/** Source: nobody looks at a trace sooner, and of a hundred questions a second five then share the wait for the disk. */
const TOGETHER_MS = 50

type Body = Pick<AnswerTrace, 'steps' | 'searches' | 'calls' | 'sentences' | 'text' | 'error' | 'settings'>

/** Traces in the file of the catalog. `keeps` is false where none are to be kept; what was kept before is there until it is swept. */
export function sqliteTraces(file: SqliteFile, { keeps, togetherMs = TOGETHER_MS }: { readonly keeps: boolean; readonly togetherMs?: number }): Traces {
  const write = sharedWrites(file, togetherMs)
  const has = (sql: string, id: string | undefined) => id === undefined || file.get(sql, id) !== undefined

  function belongs({ accountId, visitorId, conversationId, databaseIds }: AnswerTrace): boolean {
    return (
      has("SELECT id FROM accounts WHERE id = ? AND state <> 'deleting'", accountId) &&
      has('SELECT id FROM visitors WHERE id = ? AND claimed_by IS NULL', visitorId) &&
      has('SELECT id FROM chat_sessions WHERE id = ?', conversationId) &&
      databaseIds.every((id) => has("SELECT id FROM databases WHERE id = ? AND state = 'live'", id))
    )
  }

  function insert(trace: AnswerTrace): void {
    const { id, accountId, visitorId, publicationId, conversationId, answerId, databaseIds, question, startedAt, ms, outcome, writer, usage, cost } = trace
    const { steps, searches, calls, sentences, text: said, error, settings } = trace
    const body: Body = { steps, searches, calls, sentences, text: said, error, settings }
    file.run(
      `INSERT INTO answer_traces (id, account_id, visitor_id, publication_id, conversation_id, answer_id, database_ids, question, started_at, ms,
         outcome, writer, usage, cost, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[id, accountId, visitorId, publicationId, conversationId, answerId, JSON.stringify(databaseIds), question.toWellFormed(), startedAt, ms],
      ...[outcome, writer, usage === undefined ? undefined : JSON.stringify(usage), cost, JSON.stringify(body)],
    )
    for (const databaseId of new Set(databaseIds)) file.run('INSERT INTO answer_trace_databases VALUES (?, ?, ?, ?)', id, databaseId, accountId, startedAt)
  }

  return {
    async keepTrace(trace) {
      if (!keeps) return
      const fitting = fittingTrace(trace)
      await write(() => {
        if (!belongs(trace)) return
        file.run('DELETE FROM answer_traces WHERE id = ? AND account_id = ?', trace.id, trace.accountId)
        if (file.get('SELECT id FROM answer_traces WHERE id = ?', trace.id) !== undefined) return // somebody else's
        insert(fitting)
      })
    },
    async trace(accountId, id) {
      const row = file.get(
        `SELECT ${LISTED}, t.account_id, t.visitor_id, t.publication_id, t.body FROM answer_traces t WHERE t.id = ? AND t.account_id = ? AND ${WHOLE}`,
        id,
        accountId,
      )
      if (row === undefined) throw new AppError('trace/not-found', { trace: id })
      return traceOf(row)
    },
    async traces(accountId, { limit, cursor, databaseId, conversationId }) {
      const size = pageSize(limit)
      const { createdAt, id } = readCursor(cursor) ?? FIRST
      const named = databaseId === undefined ? '' : 'JOIN answer_trace_databases n ON n.trace_id = t.id AND n.account_id = t.account_id AND n.database_id = ?'
      const [at, one] = databaseId === undefined ? ['t.started_at', 't.id'] : ['n.started_at', 'n.trace_id']
      const talk = conversationId === undefined ? '' : 'AND t.conversation_id = ?'
      const rows = file.all(
        `SELECT ${LISTED} FROM answer_traces t ${named} WHERE t.account_id = ? AND ${at} <= ? AND (${at} < ? OR ${one} > ?) ${talk} AND ${WHOLE}
         ORDER BY ${at} DESC, ${one} LIMIT ?`,
        ...[databaseId, accountId, createdAt, createdAt, id, conversationId].filter((value) => value !== undefined),
        size + 1,
      )
      const { items, nextCursor } = pageOf(
        rows.map((row) => ({ createdAt: number(row, 'started_at'), id: text(row, 'id'), row })),
        size,
      )
      return { items: items.map(({ row }) => summaryOf(row)), nextCursor }
    },
    async sweepTraces(before) {
      const old = await inBatches(file, 'DELETE FROM answer_traces WHERE id IN (SELECT id FROM answer_traces WHERE started_at < ? LIMIT ?)', before)
      let gone = 0
      for (const row of file.all(NAMED)) {
        const those = 'SELECT trace_id FROM answer_trace_databases WHERE database_id = ? LIMIT ?'
        gone += await inBatches(file, `DELETE FROM answer_traces WHERE id IN (${those})`, text(row, 'id'))
      }
      return old + gone
    },
  }
}

function summaryOf(row: Row): TraceSummary {
  return {
    id: text(row, 'id'),
    conversationId: optionalText(row, 'conversation_id'),
    answerId: optionalText(row, 'answer_id'),
    databaseIds: json<string[]>(row, 'database_ids'),
    question: text(row, 'question'),
    startedAt: number(row, 'started_at'),
    ms: number(row, 'ms'),
    outcome: text(row, 'outcome') as AnswerTrace['outcome'],
    writer: text(row, 'writer'),
    usage: row.usage === null ? undefined : json<Usage>(row, 'usage'),
    cost: optionalNumber(row, 'cost'),
  }
}

function traceOf(row: Row): AnswerTrace {
  const [accountId, visitorId, publicationId] = [text(row, 'account_id'), optionalText(row, 'visitor_id'), optionalText(row, 'publication_id')]
  const { error, ...body } = json<Body>(row, 'body')
  return { ...summaryOf(row), ...body, error, accountId, visitorId, publicationId }
}
