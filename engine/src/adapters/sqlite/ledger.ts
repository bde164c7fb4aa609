import type { Ledger } from '../../ports/ledger.ts'
import type { SqliteFile } from './database.ts'
import { auditMethods } from './ledger-audit.ts'
import { usageCounter } from './ledger-counter.ts'
import { planMethods } from './ledger-plans.ts'
import { spendMethods } from './ledger-spend.ts'
import { usageMethods } from './ledger-usage.ts'
import type { Making } from './queue-rows.ts'

export interface LedgerOptions {
  /** Told when what was counted could not be written in time; it is kept in memory and tried again. */
  readonly onFault?: (fault: unknown) => void
}

/** The ledger in the file of the catalog; every thread makes its own over its own connection, and flushes it before that is closed. */
export function sqliteLedger(file: SqliteFile, making: Making, { onFault = () => undefined }: LedgerOptions = {}): Ledger {
  const counter = usageCounter(file, making, onFault)
  return {
    count: counter.count,
    asked: counter.asked,
    flush: async () => counter.flush(),
    ...usageMethods(file, counter),
    ...spendMethods(file, making, counter),
    ...planMethods(file, making),
    ...auditMethods(file, making),
  }
}
