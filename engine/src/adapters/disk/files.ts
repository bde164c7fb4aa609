import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { AppError } from '../../domain/errors.ts'

/** What an error of the file system means for the caller; any other error, such as that of a stream, stays as it is. */
export function diskError(error: unknown, path: string): unknown {
  if (error instanceof AppError || !(error instanceof Error) || !('code' in error) || !('syscall' in error)) return error
  const { code } = error
  const file = basename(path)
  if (code === 'ENOSPC' || code === 'EDQUOT') return new AppError('store/full', { file }, error)
  return typeof code === 'string' && /^E[A-Z]+$/.test(code) ? new AppError('store/unavailable', { file, reason: code }, error) : error
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

/** Makes the names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Writes a small file that is there whole or not at all; readable by its owner only. */
export async function writePrivate(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.new`
  try {
    const handle = await open(draft, 'wx', 0o600)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(draft, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await rm(draft, { force: true })
    throw diskError(error, path)
  }
}
