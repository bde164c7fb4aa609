import { createReadStream, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Caller } from '../domain/caller.ts'
import type { Database } from '../domain/database.ts'
import { AppError } from '../domain/errors.ts'
import { removeDatabase } from '../flows/remove.ts'
import { createDatabase, type UploadReply, uploadFile } from '../flows/upload.ts'
import type { World } from '../ports/world.ts'

export const SAMPLE_NAME = 'manual'
const DOCS = resolve(import.meta.dirname, '../../../docs')
const MAX_BYTES = 64 * 2 ** 20
/** Source: nobody wants more of it; each name is tried once. */
const MOST_SAMPLES = 1000

/**
 * Makes the sample database of Quarry's own manual, under a name that its owner has free. By itself that is done on the first
 * start of a data folder only, so that one who deletes it does not get it back. What fails leaves nothing.
 * @throws AppError limit/storage, store/full
 */
export async function loadSample(
  world: World,
  caller: Caller,
  signal: AbortSignal,
): Promise<{ readonly database: Database; readonly uploads: readonly UploadReply[] }> {
  const database = await createNamed(world, caller, signal)
  try {
    const uploads: UploadReply[] = []
    for (const path of sampleFiles()) {
      const name = path.slice(DOCS.length + 1).replaceAll('\\', '/')
      const mediaType = 'application/octet-stream' // found out by content
      uploads.push(
        await uploadFile(world, caller, database.id, { name, mediaType, metadata: {}, content: createReadStream(path), maxBytes: MAX_BYTES }, signal),
      )
    }
    return { database, uploads }
  } catch (fault) {
    await removeDatabase(world, caller, database.id).catch((cause: unknown) => world.log.error('half-made-database-stays', { cause }))
    throw fault
  }
}

async function createNamed(world: World, caller: Caller, signal: AbortSignal): Promise<Database> {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? SAMPLE_NAME : `${SAMPLE_NAME} ${number}`
    try {
      return (await createDatabase(world, caller, { name, description: "Quarry's own manual: a sample to try questions on." }, signal)).database
    } catch (fault) {
      if (!(fault instanceof AppError) || fault.code !== 'database/exists' || number >= MOST_SAMPLES) throw fault
    }
  }
}

/** The pages of the manual and the whole of it as PDF and DOCX. */
export function sampleFiles(): string[] {
  return ['manual', 'sample'].flatMap((folder) =>
    readdirSync(join(DOCS, folder))
      .map((name) => join(DOCS, folder, name))
      .filter((path) => statSync(path).isFile()),
  )
}
