import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryCache } from '../src/adapters/memory/cache.ts'
import { memoryHealth } from '../src/adapters/memory/health.ts'
import { openCatalogFile } from '../src/adapters/sqlite/catalog-file.ts'
import type { SqliteFile } from '../src/adapters/sqlite/database.ts'
import { sqliteModelChoices } from '../src/adapters/sqlite/model-choices.ts'
import { AppError } from '../src/domain/errors.ts'
import type { World } from '../src/ports/world.ts'
import { readSettings, type Settings } from '../src/settings.ts'
import { type AnswersWorld, openAnswers } from '../src/wire/answers.ts'
import { givenModelsOf } from '../src/wire/models.ts'
import { openPeople, type PeopleWorld } from '../src/wire/people.ts'

export const SIGNING_KEY = 'signing-key-for-tests-0123456789-abcdef'

/** There is no model to open, until a test puts one in. */
export const NO_MODELS: Pick<World, 'chats' | 'rerankers'> = {
  chats: { open: async (model) => Promise.reject(new AppError('model/unknown', { model })), fallback: async () => undefined },
  rerankers: { open: async (model) => Promise.reject(new AppError('model/unknown', { model })), current: async () => undefined },
}

/** With what an owner chose about models and how answers came about, which stand in the same file. */
export type PeopleSide = PeopleWorld &
  AnswersWorld &
  Pick<World, 'modelChoices' | 'givenModels' | 'health' | keyof typeof NO_MODELS | 'cache'> & { close(): Promise<void> }

/** The real people side of a world over a file that the test has open already. */
export function peopleOver(
  file: SqliteFile,
  given: {
    readonly making: { now(): number; newId(prefix: string): string }
    readonly folder: string
    readonly operatorToken?: string
    readonly settings?: Settings
  },
): PeopleSide {
  const quiet = () => undefined
  const settings = given.settings ?? readSettings({}).settings
  const health = memoryHealth(given.making.now)
  const people = openPeople({
    file,
    making: given.making,
    settings,
    uploadsFolder: join(given.folder, 'uploads'),
    signingKey: SIGNING_KEY,
    operatorToken: given.operatorToken ?? 'operator-token-for-tests-0123456789',
    health,
    log: { info: quiet, warn: quiet, error: quiet },
  })
  const answers = openAnswers({ file, settings, log: { info: quiet, warn: quiet, error: quiet }, now: given.making.now })
  return { ...people, ...answers, ...NO_MODELS, health, cache: memoryCache(), modelChoices: sqliteModelChoices(file), givenModels: givenModelsOf(settings) }
}

/** The same over a file of its own, for worlds whose catalog is kept elsewhere. */
export function peopleAlone(making: { now(): number; newId(prefix: string): string }): PeopleSide {
  const folder = mkdtempSync(join(tmpdir(), 'quarry-people-'))
  const file = openCatalogFile({ path: join(folder, 'quarry.sqlite') })
  const people = peopleOver(file, { making, folder })
  return {
    ...people,
    async close() {
      await people.close()
      file.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
