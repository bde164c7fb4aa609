import { createHash } from 'node:crypto'
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../domain/errors.ts'
import type { ResumableUpload } from '../../ports/uploads.ts'
import { diskError, hasCode, syncFolder, writePrivate } from './files.ts'

const ID = /^up_[0-9a-f]{32}$/
const FILE = /^(up_[0-9a-f]{32})\.(?:json|bytes)(\.[0-9a-f]{12}\.new)?$/
/** Source: a draft lives for the length of one write; an hour later its process was killed. */
const DRAFT_LEFT_MS = 60 * 60_000

/**
 * What is known of uploads, in files `<id>.json` that are there whole or not at all; the bytes lie beside them in
 * `<id>.bytes`. A record is written before its bytes and removed before them: bytes without one belong to nobody.
 */
export function uploadRecords(folder: string) {
  const recordOf = (id: string) => join(folder, `${id}.json`)
  /** Only for ids that a record was found for, or that were made here. */
  const bytesOf = (id: string) => join(folder, `${id}.bytes`)

  return {
    bytesOf,

    /** Undefined for what is no id, is not there or is damaged. */
    async read(id: string): Promise<ResumableUpload | undefined> {
      if (!ID.test(id)) return undefined
      try {
        return parsed(await readFile(recordOf(id), 'utf8'), id)
      } catch (error) {
        if (hasCode(error, 'ENOENT')) return undefined
        throw diskError(error, recordOf(id))
      }
    },

    async create(upload: ResumableUpload): Promise<void> {
      await writePrivate(recordOf(upload.id), written(upload))
    },

    /** @throws upload/not-found when it was removed meanwhile; then its bytes go too */
    async update(upload: ResumableUpload): Promise<void> {
      const { id } = upload
      const there = await stat(recordOf(id)).catch((error: unknown) => (hasCode(error, 'ENOENT') ? undefined : Promise.reject(diskError(error, recordOf(id)))))
      if (there === undefined) {
        await rm(bytesOf(id), { force: true })
        throw new AppError('upload/not-found', { upload: id })
      }
      await writePrivate(recordOf(id), written(upload))
    },

    async remove(id: string): Promise<void> {
      await rm(recordOf(id), { force: true })
      await syncFolder(folder)
      await rm(bytesOf(id), { force: true })
    },

    /** Every id that a file is named by, whether or not its record can be read; drafts of killed writes are removed on the way. */
    async ids(): Promise<Set<string>> {
      const ids = new Set<string>()
      for (const name of await readdir(folder)) {
        const [, id, draft] = FILE.exec(name) ?? []
        if (id === undefined) continue // not ours
        if (draft === undefined) ids.add(id)
        else if (await isOld(join(folder, name))) await rm(join(folder, name), { force: true })
      }
      return ids
    },
  }
}

async function isOld(path: string): Promise<boolean> {
  try {
    return (await stat(path)).mtimeMs < Date.now() - DRAFT_LEFT_MS
  } catch {
    return false // renamed into its place just now
  }
}

const FORM = 1

function written(upload: ResumableUpload): string {
  return `${JSON.stringify({ form: FORM, sha256: sumOf(upload), upload })}\n`
}

/** Undefined unless it is, to the last letter, what was written. */
function parsed(text: string, id: string): ResumableUpload | undefined {
  try {
    const read = JSON.parse(text) as { readonly form?: unknown; readonly sha256?: unknown; readonly upload?: ResumableUpload } | null
    if (read?.form !== FORM || read.upload === undefined || read.sha256 !== sumOf(read.upload) || read.upload.id !== id) return undefined
    return { ...ABSENT, ...read.upload }
  } catch {
    return undefined // no JSON
  }
}

/** JSON leaves out what is undefined. */
const ABSENT = { externalId: undefined, title: undefined, fingerprint: undefined, taken: undefined } as const

function sumOf(upload: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(upload) ?? '')
    .digest('hex')
}
