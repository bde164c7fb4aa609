import { AppError } from '../../domain/errors.ts'
import { dayOf, NO_USAGE, type UsageAmounts, type UsageSubject } from '../../domain/usage.ts'
import { FLUSH_MS } from '../../ports/ledger.ts'
import type { SqliteFile, Value } from './database.ts'
import type { Making } from './queue-rows.ts'

/** What was counted and is not written yet, and how it gets into the file. */
export interface UsageCounter {
  count(subject: UsageSubject, amounts: Partial<UsageAmounts>): void
  asked(databaseId: string): void
  flush(): void
  /** Adds to the sums of a day; within the caller's transaction. */
  add(day: string, subject: UsageSubject, amounts: Partial<UsageAmounts>): void
  /** Of the subject since a day, that is not in the file yet. */
  waiting(subject: Partial<UsageSubject>, sinceDay: string): UsageAmounts
}

interface Waiting {
  readonly day: string
  readonly subject: UsageSubject
  amounts: UsageAmounts
}

/** Source: some 5 MB; more subjects than this within FLUSH_MS are written at once. */
const MOST_WAITING = 10_000

const AMOUNTS = ['requests', 'questions', 'inputTokens', 'outputTokens', 'embeddedTokens', 'cost'] as const

export function usageCounter(file: SqliteFile, { now }: Pick<Making, 'now'>, onFault: (fault: unknown) => void): UsageCounter {
  const waiting = new Map<string, Waiting>()
  /** When each database was asked last. */
  const lastAsked = new Map<string, number>()
  let timer: ReturnType<typeof setTimeout> | undefined

  function count(subject: UsageSubject, amounts: Partial<UsageAmounts>): void {
    const day = dayOf(now())
    const key = JSON.stringify([day, ...partsOf(subject)])
    const known = waiting.get(key)
    if (known === undefined) waiting.set(key, { day, subject, amounts: { ...NO_USAGE, ...checked(amounts) } })
    else known.amounts = sumOf(known.amounts, checked(amounts))
    timer ??= setTimeout(flushInTime, FLUSH_MS).unref()
    if (waiting.size >= MOST_WAITING && waiting.size % MOST_WAITING === 0 && known === undefined) flushInTime()
  }

  function asked(databaseId: string): void {
    lastAsked.set(databaseId, now())
    timer ??= setTimeout(flushInTime, FLUSH_MS).unref()
  }

  function flushInTime(): void {
    try {
      flush()
    } catch (fault) {
      onFault(fault)
    }
  }

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    if (waiting.size === 0 && lastAsked.size === 0) return
    try {
      file.write(() => {
        for (const { day, subject, amounts } of waiting.values()) add(day, subject, amounts)
        const owners = new Map([...waiting.values()].map(({ subject }) => [subject.databaseId, subject.accountId]))
        for (const [databaseId, accountId] of owners) if (databaseId !== undefined) storage(databaseId, accountId)
        for (const [databaseId, at] of lastAsked) file.run('UPDATE databases SET active_at = ?1 WHERE id = ?2 AND active_at < ?1', at, databaseId)
      })
    } catch (fault) {
      // Nothing is lost: it stands in `waiting`, and a later round writes it.
      timer = setTimeout(flushInTime, FLUSH_MS * 10).unref()
      throw fault
    }
    waiting.clear()
    lastAsked.clear()
  }

  function add(day: string, subject: UsageSubject, given: Partial<UsageAmounts>): void {
    const amounts = { ...NO_USAGE, ...checked(given) }
    if (AMOUNTS.every((name) => amounts[name] === 0)) return
    file.run(ADD, day, ...partsOf(subject), ...AMOUNTS.map((name) => amounts[name]))
  }

  /** What a database holds now, as the state of this day: the last one of a day stays. */
  function storage(databaseId: string, accountId: string): void {
    file.run(STORE, dayOf(now()), databaseId, accountId)
  }

  return {
    count,
    asked,
    flush,
    add,
    waiting(subject, sinceDay) {
      const wanted = Object.entries(subject).filter(([, id]) => id !== undefined)
      let sum = NO_USAGE
      for (const one of waiting.values()) {
        const fits = one.day >= sinceDay && wanted.every(([part, id]) => one.subject[part as keyof UsageSubject] === id)
        if (fits) sum = sumOf(sum, one.amounts)
      }
      return sum
    },
  }
}

export function sumOf(left: UsageAmounts, right: Partial<UsageAmounts>): UsageAmounts {
  const sum = { ...left }
  for (const name of AMOUNTS) sum[name] += right[name] ?? 0
  return sum
}

/** A count that is no whole number would poison every later sum. */
function checked(amounts: Partial<UsageAmounts>): Partial<UsageAmounts> {
  const wrong = AMOUNTS.find((name) => amounts[name] !== undefined && !(Number.isSafeInteger(amounts[name]) && amounts[name] >= 0))
  if (wrong !== undefined) throw new AppError('internal', { reason: 'a count must be a whole number', count: wrong })
  return amounts
}

/** In the order of the columns. */
function partsOf({ accountId, databaseId, keyId, visitorId, publicationId }: UsageSubject): Value[] {
  return [accountId, databaseId ?? '', keyId ?? '', visitorId ?? '', publicationId ?? '']
}

export const SUBJECT_COLUMNS = {
  accountId: 'account_id',
  databaseId: 'database_id',
  keyId: 'key_id',
  visitorId: 'visitor_id',
  publicationId: 'publication_id',
} as const satisfies Record<keyof UsageSubject, string>

/** The condition that picks the rows of a subject, and its values; everything when no part is given. */
export function whereSubject(subject: Partial<UsageSubject>): { readonly sql: string; readonly values: readonly Value[] } {
  const parts = (Object.keys(SUBJECT_COLUMNS) as (keyof UsageSubject)[]).filter((part) => subject[part] !== undefined)
  return { sql: parts.map((part) => ` AND ${SUBJECT_COLUMNS[part]} = ?`).join(''), values: parts.map((part) => subject[part]) }
}

const ADD = `INSERT INTO usage (day, account_id, database_id, key_id, visitor_id, publication_id, requests, questions, input_tokens, output_tokens,
    embedded_tokens, cost) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, questions = questions + excluded.questions,
    input_tokens = input_tokens + excluded.input_tokens, output_tokens = output_tokens + excluded.output_tokens,
    embedded_tokens = embedded_tokens + excluded.embedded_tokens, cost = cost + excluded.cost`

/** A database that is gone holds nothing, and stays its owner's. */
const STORE = `INSERT INTO usage_storage (day, database_id, account_id, bytes, chunks)
  SELECT ?1, ?2,
    coalesce((SELECT owner_id FROM databases WHERE id = ?2), (SELECT account_id FROM usage_storage WHERE database_id = ?2 ORDER BY day DESC LIMIT 1), ?3),
    coalesce(sum(bytes), 0), coalesce(sum(chunks), 0)
  FROM document_counts WHERE database_id = ?2 AND state <> 'deleting'
  ON CONFLICT DO UPDATE SET bytes = excluded.bytes, chunks = excluded.chunks WHERE bytes <> excluded.bytes OR chunks <> excluded.chunks`
