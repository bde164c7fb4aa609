import { Readable } from 'node:stream'
import type { z } from 'zod'
import type { QueryOf } from '../../api/route.ts'
import { LONGEST_REPORT_DAYS, MOST_USAGE_LINES, reportDays, type usageRoutes } from '../../api/usage.ts'
import type { Caller } from '../../domain/caller.ts'
import { AppError } from '../../domain/errors.ts'
import { monthOf, type SpendCaps } from '../../domain/limits.ts'
import { type AuditEntry, DAY_MS, dayOf, type UsageLine } from '../../domain/usage.ts'
import type { UsageQuery } from '../../ports/ledger.ts'
import { databaseFor } from '../access.ts'
import type { Standing } from '../gate.ts'
import type { Handlers, Workshop } from '../handler.ts'
import { microOf, usdOf } from '../money.ts'
import { usageTable } from '../usage-table.ts'

type Asked = QueryOf<(typeof usageRoutes)['usage']>
type WireLine = z.input<(typeof usageRoutes)['usage']['reply']['schema']>['lines'][number]

export function usageHandlers({ world, gate }: Workshop): Handlers<keyof typeof usageRoutes> {
  const { ledger } = world

  /** Checks what may be seen: with `everyone` an owner sees sums and ids of the whole server, others what is counted for themselves. */
  async function queryOf(caller: Caller, asked: Asked): Promise<UsageQuery> {
    const days = reportDays(asked, world.now())
    const span = (Date.parse(days.toDay) - Date.parse(days.fromDay)) / DAY_MS
    if (!(span >= 0 && span < LONGEST_REPORT_DAYS)) {
      throw new AppError('request/invalid', { in: 'query', problems: [`from: must be at most ${LONGEST_REPORT_DAYS - 1} days before to, and not after it`] })
    }
    if (asked.everyone && caller.role !== 'owner') throw new AppError('auth/forbidden', { role: 'owner' })
    const databaseId = asked.database === undefined || asked.everyone ? asked.database : (await databaseFor(world, caller, asked.database, 'read')).database.id
    const keyId = asked.key === undefined || asked.everyone ? asked.key : (await world.keys.key(caller.accountId, asked.key)).id
    return {
      ...days,
      by: asked.by,
      limit: MOST_USAGE_LINES + 1,
      ...(asked.everyone ? {} : { accountId: caller.accountId }),
      ...(databaseId === undefined ? {} : { databaseId }),
      ...(keyId === undefined ? {} : { keyId }),
    }
  }

  async function presentCaps(caps: SpendCaps) {
    const today = dayOf(world.now())
    const [daily, monthly] = [await ledger.used({}, today), await ledger.used({}, monthOf(today))]
    return {
      per_day_usd: usdOf(caps.perDay),
      per_month_usd: usdOf(caps.perMonth),
      spent_today_usd: usdOf(daily.cost),
      spent_this_month_usd: usdOf(monthly.cost),
    }
  }

  return {
    async usage({ caller, query }) {
      const asked = await queryOf(caller, query)
      const lines = await ledger.usage(asked)
      return {
        from: asked.fromDay,
        to: asked.toDay,
        by: [...asked.by],
        lines: lines.slice(0, MOST_USAGE_LINES).map(presentLine),
        complete: lines.length <= MOST_USAGE_LINES,
      }
    },

    async usageCsv({ caller, query, note }) {
      const { limit: _, ...asked } = await queryOf(caller, query)
      const lines = await ledger.usage(asked)
      note({ from: asked.fromDay, to: asked.toDay, lines: lines.length, everyone: query.everyone })
      return {
        stream: Readable.from([Buffer.from(usageTable(asked.by, lines))]),
        headers: {
          'content-type': 'text/csv; charset=utf-8',
          'content-disposition': `attachment; filename="quarry-usage-${asked.fromDay}-${asked.toDay}.csv"`,
        },
      }
    },

    limits: async ({ caller }) => ({ limits: (await gate.standing(caller)).map(presentStanding) }),

    spendCaps: async () => presentCaps(await ledger.caps()),

    async setSpendCaps({ body, note }) {
      const known = await ledger.caps()
      const pick = (given: number | null | undefined, before: number | undefined) =>
        given === undefined ? before : given === null ? undefined : microOf(given)
      const caps = await ledger.setCaps({ perDay: pick(body.per_day_usd, known.perDay), perMonth: pick(body.per_month_usd, known.perMonth) })
      note({ per_day_usd: usdOf(caps.perDay) ?? 'none', per_month_usd: usdOf(caps.perMonth) ?? 'none' })
      return presentCaps(caps)
    },

    async audit({ query }) {
      const { limit, before, action, actor } = query
      const found = await ledger.audit({
        limit: limit + 1,
        ...(before === undefined ? {} : { before }),
        ...(action === undefined ? {} : { action }),
        ...(actor === undefined ? {} : { actorId: actor }),
      })
      const entries = found.slice(0, limit)
      return { entries: entries.map(presentEntry), next_before: found.length > limit ? (entries.at(-1)?.seq ?? null) : null }
    },

    async checkAudit() {
      const fault = await ledger.checkAudit()
      return { sound: fault === undefined, first_fault: fault ?? null }
    },
  }
}

function presentLine({ by, storedBytes, chunks, inputTokens, outputTokens, embeddedTokens, cost, requests, questions }: UsageLine): WireLine {
  const { day = null, account = null, database = null, key = null, visitor = null, publication = null } = by
  return {
    ...{ day, account, database, key, visitor, publication, requests, questions },
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    embedded_tokens: embeddedTokens,
    cost_usd: usdOf(cost),
    stored_bytes: storedBytes ?? null,
    chunks: chunks ?? null,
  }
}

function presentStanding({ of, what, window, most, remaining, resetsAt }: Standing) {
  const unit = what === 'spend' ? 1_000_000 : 1
  return {
    of,
    what: what === 'spend' ? ('spend_usd' as const) : what,
    window: window ?? null,
    most: most / unit,
    remaining: remaining === undefined ? null : remaining / unit,
    resets_at: resetsAt === undefined ? null : new Date(resetsAt).toISOString(),
  }
}

function presentEntry({ seq, at, actorKind, actorId, action, target, address, facts, hash }: AuditEntry) {
  return {
    ...{ seq, action, facts, hash },
    at: new Date(at).toISOString(),
    actor_kind: actorKind,
    actor_id: actorId ?? null,
    target: target ?? null,
    address: address ?? null,
  }
}
