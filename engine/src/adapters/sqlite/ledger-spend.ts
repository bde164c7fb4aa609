import { AppError } from '../../domain/errors.ts'
import { monthOf, type SpendWindow, windowEnd } from '../../domain/limits.ts'
import { dayOf } from '../../domain/usage.ts'
import type { Ledger, SpendCap } from '../../ports/ledger.ts'
import { number } from './catalog-rows.ts'
import type { SqliteFile } from './database.ts'
import { type UsageCounter, whereSubject } from './ledger-counter.ts'
import type { Making } from './queue-rows.ts'

interface Exceeded {
  readonly cap: SpendCap
  readonly window: SpendWindow
  readonly most: number
}

export function spendMethods(file: SqliteFile, { now, newId }: Making, counter: UsageCounter): Pick<Ledger, 'reserve' | 'settle'> {
  /** What was spent since a day, and what is set aside today. */
  function spent(cap: SpendCap, since: string, today: string): number {
    const { sql, values } = whereSubject(cap.subject ?? {})
    const used = file.get(`SELECT coalesce(sum(cost), 0) AS cost FROM usage WHERE day >= ?${sql}`, since, ...values)
    const reserved = file.get(`SELECT coalesce(sum(cost), 0) AS cost FROM reservations WHERE day = ?${sql}`, today, ...values)
    return (used === undefined ? 0 : number(used, 'cost')) + (reserved === undefined ? 0 : number(reserved, 'cost'))
  }

  function exceeded(caps: readonly SpendCap[], more: number, today: string): Exceeded | undefined {
    for (const cap of caps) {
      const windows = [
        { window: 'day', since: today, most: cap.perDay },
        { window: 'month', since: monthOf(today), most: cap.perMonth },
      ] as const
      for (const { window, since, most } of windows) if (most !== undefined && spent(cap, since, today) + more > most) return { cap, window, most }
    }
    return undefined
  }

  return {
    async reserve(subject, microDollars, caps) {
      if (!Number.isSafeInteger(microDollars) || microDollars < 0) throw new AppError('internal', { reason: 'money must be a whole number of micro-dollars' })
      counter.flush() // what was spent a moment ago must be in the sums
      const day = dayOf(now())
      const id = newId('spend')
      const over = file.write(() => {
        const found = exceeded(caps, microDollars, day)
        if (found !== undefined) return found
        file.run('DELETE FROM reservations WHERE day < ?', dayOf(now() - KEPT_MS))
        file.run(
          'INSERT INTO reservations (id, day, account_id, database_id, key_id, visitor_id, publication_id, cost) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
          ...[id, day, subject.accountId, subject.databaseId ?? '', subject.keyId ?? '', subject.visitorId ?? '', subject.publicationId ?? '', microDollars],
        )
        return undefined
      })
      if (over !== undefined) throw refusal(over, now())
      return { id, subject, day }
    },
    async settle({ id, subject, day }, amounts) {
      file.write(() => {
        if (file.run('DELETE FROM reservations WHERE id = ?', id) === 1) counter.add(day, subject, amounts)
      })
    },
  }
}

/** Source: the longest answer takes minutes; a reservation may be settled on the day after it was made. */
const KEPT_MS = 2 * 86_400_000

function refusal({ cap, window, most }: Exceeded, time: number): AppError {
  const end = windowEnd(window, time)
  return new AppError('limit/spend', {
    cap: cap.of,
    window,
    limit_usd: most / 1_000_000,
    retry_after: Math.max(1, Math.ceil((end - time) / 1000)),
    resets_at: new Date(end).toISOString(),
  })
}
