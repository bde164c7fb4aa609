import { createReadStream, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { accountCaller } from '../domain/caller.ts'
import { createDatabase, uploadFile } from '../flows/upload.ts'
import type { World } from '../ports/world.ts'

export const SAMPLE_NAME = 'manual'
const DOCS = resolve(import.meta.dirname, '../../../docs')
const MAX_BYTES = 64 * 2 ** 20

/**
 * Makes the sample database of Quarry's own manual: on the first start of a data folder only, so that one who deletes it
 * does not get it back.
 */
export async function loadSample(world: World, ownerId: string): Promise<void> {
  const caller = accountCaller(ownerId, 'owner')
  const signal = new AbortController().signal
  const input = { name: SAMPLE_NAME, description: "Quarry's own manual: a sample to try questions on." }
  const { database } = await createDatabase(world, caller, input, signal)
  for (const path of sampleFiles()) {
    const name = path.slice(DOCS.length + 1).replaceAll('\\', '/')
    const mediaType = 'application/octet-stream' // found out by content
    await uploadFile(world, caller, database.id, { name, mediaType, metadata: {}, content: createReadStream(path), maxBytes: MAX_BYTES }, signal)
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
