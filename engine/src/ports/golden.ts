import type { GoldenCase, NewGoldenCase } from '../domain/evaluation.ts'
import type { PageOf, PageRequest } from './catalog.ts'

/**
 * The golden set of a database: questions with what a good answer draws on (table `golden_cases`). It goes with its database.
 *
 * Errors  AppError `golden/not-found` (also of another database), `golden/too-many`, and those of the stores.
 */
export interface GoldenSets {
  /** All or none. A case with the same question takes the place of the one before and keeps its id. Returns them in the order given. */
  putCases(databaseId: string, cases: readonly NewGoldenCase[]): Promise<readonly GoldenCase[]>
  /** Oldest first. */
  cases(databaseId: string, page: PageRequest): Promise<PageOf<GoldenCase>>
  /** Returns whether there was one. */
  removeCase(databaseId: string, id: string): Promise<boolean>
  countCases(databaseId: string): Promise<number>
}
