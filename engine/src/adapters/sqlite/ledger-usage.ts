import { AppError } from '../../domain/errors.ts'
import { NO_USAGE, type UsageAmounts, type UsageDimension, type UsageLine } from '../../domain/usage.ts'
import type { Ledger, UsageQuery } from '../../ports/ledger.ts'
import { number, optionalNumber, text } from './catalog-rows.ts'
import type { Row, SqliteFile } from './database.ts'
import { sumOf, type UsageCounter, whereSubject } from './ledger-counter.ts'

export function usageMethods(file: SqliteFile, counter: UsageCounter): Pick<Ledger, 'usage' | 'used' | 'storedBytes'> {
  return {
    async usage(query) {
      flushIfPossible(counter)
      const { fromDay, toDay, by, accountId, databaseId, keyId, limit } = query
      const { sql, values } = whereSubject({
        ...(accountId === undefined ? {} : { accountId }),
        ...(databaseId === undefined ? {} : { databaseId }),
        ...(keyId === undefined ? {} : { keyId }),
      })
      const dimensions = [...new Set(by)]
      const columns = dimensions.map((one) => COLUMNS[one])
      const grouped = columns.length === 0 ? '' : `GROUP BY ${columns.join(', ')} ORDER BY ${columns.join(', ')}`
      return file.read(() =>
        file
          .all(
            `SELECT ${[...columns, SUMS].join(', ')} FROM usage WHERE day >= ? AND day <= ?${sql} ${grouped} LIMIT ?`,
            ...[fromDay, toDay, ...values, limit ?? -1],
          )
          .map((row) => lineOf(row, dimensions, query)),
      )
    },
    async used(subject, sinceDay) {
      const { sql, values } = whereSubject(subject)
      const row = file.get(`SELECT ${SUMS} FROM usage WHERE day >= ?${sql}`, sinceDay, ...values)
      return sumOf(row === undefined ? NO_USAGE : amountsOf(row), counter.waiting(subject, sinceDay))
    },
    async storedBytes(accountId) {
      const row = file.get(STORED, accountId)
      return row === undefined ? 0 : number(row, 'bytes')
    },
  }

  function lineOf(row: Row, dimensions: readonly UsageDimension[], { toDay }: UsageQuery): UsageLine {
    const by = Object.fromEntries(dimensions.map((one) => [one, row[COLUMNS[one]] === '' ? null : text(row, COLUMNS[one])]))
    const held = typeof by.database !== 'string' ? undefined : file.get(HELD, by.database, by.day ?? toDay)
    return {
      by,
      ...amountsOf(row),
      storedBytes: held === undefined ? undefined : optionalNumber(held, 'bytes'),
      chunks: held === undefined ? undefined : optionalNumber(held, 'chunks'),
    }
  }
}

/** A report must be read on a full disk too: it lacks the last moment then. */
function flushIfPossible(counter: UsageCounter): void {
  try {
    counter.flush()
  } catch (fault) {
    if (!(fault instanceof AppError) || fault.code !== 'store/full') throw fault
  }
}

function amountsOf(row: Row): UsageAmounts {
  return {
    requests: number(row, 'requests'),
    questions: number(row, 'questions'),
    inputTokens: number(row, 'input_tokens'),
    outputTokens: number(row, 'output_tokens'),
    embeddedTokens: number(row, 'embedded_tokens'),
    cost: number(row, 'cost'),
  }
}

const COLUMNS: Readonly<Record<UsageDimension, string>> = {
  day: 'day',
  account: 'account_id',
  database: 'database_id',
  key: 'key_id',
  visitor: 'visitor_id',
  publication: 'publication_id',
}

const SUMS = ['requests', 'questions', 'input_tokens', 'output_tokens', 'embedded_tokens', 'cost']
  .map((column) => `coalesce(sum(${column}), 0) AS ${column}`)
  .join(', ')

const HELD = 'SELECT bytes, chunks FROM usage_storage WHERE database_id = ? AND day <= ? ORDER BY day DESC LIMIT 1'

/** Documents that answer, from their kept sums, and those that wait to be read or could not be: they take room as well. */
const STORED = `SELECT
  (SELECT coalesce(sum(c.bytes), 0) FROM databases d JOIN document_counts c ON c.database_id = d.id WHERE d.owner_id = ?1 AND d.state = 'live'
     AND c.state <> 'deleting')
  + (SELECT coalesce(sum(o.size), 0) FROM databases d JOIN documents o ON o.database_id = d.id WHERE d.owner_id = ?1 AND d.state = 'live'
     AND o.live_revision IS NULL AND o.state <> 'deleting') AS bytes`
