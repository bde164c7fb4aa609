import { AppError } from '../../domain/errors.ts'
import { NO_LIMITS, PLAN_LIMITS, type Plan, type PlanLimits } from '../../domain/limits.ts'
import type { Ledger } from '../../ports/ledger.ts'
import { nameKey } from '../catalog-rules.ts'
import { number, optionalNumber, text } from './catalog-rows.ts'
import type { Row, SqliteFile } from './database.ts'
import type { Making } from './queue-rows.ts'

type PlanMethods = Pick<Ledger, 'plans' | 'plan' | 'createPlan' | 'updatePlan' | 'removePlan' | 'caps' | 'setCaps'>

export function planMethods(file: SqliteFile, { now, newId }: Making): PlanMethods {
  function find(id: string): Plan {
    const row = file.get('SELECT * FROM plans WHERE id = ?', id)
    if (row === undefined) throw new AppError('plan/not-found', { plan: id })
    return planOf(row)
  }
  function assertFree(name: string, exceptId: string): void {
    if (file.get('SELECT id FROM plans WHERE name_key = ? AND id <> ?', keyOf(name), exceptId) !== undefined) throw new AppError('plan/exists', { name })
  }

  return {
    async plans() {
      return file.all('SELECT * FROM plans ORDER BY built_in DESC, name_key, id').map(planOf)
    },
    async plan(id) {
      return find(id)
    },
    async createPlan(name, limits) {
      return file.write(() => {
        assertFree(name, '')
        const id = newId('plan')
        file.run(
          'INSERT INTO plans (id, name, name_key, limits, built_in, created_at) VALUES (?, ?, ?, ?, 0, ?)',
          ...[id, nameKey(name), keyOf(name), JSON.stringify(limits), now()],
        )
        return find(id)
      })
    },
    async updatePlan(id, { name, limits }) {
      return file.write(() => {
        const plan = find(id)
        if (name !== undefined) {
          assertFree(name, id)
          file.run('UPDATE plans SET name = ?, name_key = ? WHERE id = ?', nameKey(name), keyOf(name), plan.id)
        }
        if (limits !== undefined) file.run('UPDATE plans SET limits = ? WHERE id = ?', JSON.stringify(limits), plan.id)
        return find(id)
      })
    },
    async removePlan(id) {
      file.write(() => {
        if (find(id).builtIn) throw new AppError('plan/in-use', { plan: id, built_in: true })
        for (const { table, live } of HOLDERS) {
          const holders = number(file.get(`SELECT count(*) AS holders FROM ${table} WHERE plan_id = ? AND ${live}`, id) ?? { holders: 0 }, 'holders')
          if (holders > 0) throw new AppError('plan/in-use', { plan: id, [table]: holders })
        }
        // What no longer counts must not keep a plan alive.
        for (const { table } of HOLDERS) file.run(`UPDATE ${table} SET plan_id = NULL WHERE plan_id = ?`, id)
        file.run('DELETE FROM plans WHERE id = ?', id)
      })
    },
    async caps() {
      const row = file.get('SELECT per_day, per_month FROM spend_caps')
      return row === undefined
        ? { perDay: undefined, perMonth: undefined }
        : { perDay: optionalNumber(row, 'per_day'), perMonth: optionalNumber(row, 'per_month') }
    },
    async setCaps({ perDay, perMonth }) {
      file.write(() => file.run('UPDATE spend_caps SET per_day = ?, per_month = ?', perDay, perMonth))
      return { perDay, perMonth }
    },
  }
}

const HOLDERS = [
  { table: 'accounts', live: "state <> 'deleting'" },
  { table: 'api_keys', live: 'revoked_at IS NULL' },
  { table: 'publications', live: 'revoked_at IS NULL' },
] as const

/** Names of plans that differ in case alone would be taken for one another. */
function keyOf(name: string): string {
  return nameKey(name).toLowerCase()
}

function planOf(row: Row): Plan {
  const stored = JSON.parse(text(row, 'limits')) as Partial<PlanLimits>
  const limits = Object.fromEntries(PLAN_LIMITS.map((name) => [name, stored[name] ?? undefined]))
  return { ...NO_LIMITS, ...limits, id: text(row, 'id'), name: text(row, 'name'), builtIn: number(row, 'built_in') === 1 }
}
