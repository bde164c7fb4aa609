import { globSync, lstatSync, readdirSync, statSync } from 'node:fs'
import { basename, join, relative, resolve, sep } from 'node:path'
import { CommandFault } from './words.ts'

export interface LocalFile {
  readonly path: string
  /** The path relative to the folder that was named; stays the same when the folder is given again. */
  readonly externalId: string
  readonly size: number // bytes
}

/** Folders that hold tools' files, never documents. */
const SKIPPED_FOLDERS = new Set(['node_modules', '__pycache__'])

/**
 * Finds the files that paths, folders and globs mean: folders with all below them, without hidden files and links.
 * Sorted by name; a file named twice counts once.
 * @throws CommandFault when a path means nothing
 */
export function findFiles(patterns: readonly string[]): LocalFile[] {
  const found = new Map<string, LocalFile>()
  for (const pattern of patterns) {
    const paths = statSync(pattern, { throwIfNoEntry: false }) === undefined ? globSync(pattern) : [pattern]
    if (paths.length === 0) throw new CommandFault(`There is no file or folder ${pattern}.`, 'Check the path; a glob must match at least one file.')
    for (const path of paths) for (const file of below(path)) if (!found.has(file.path)) found.set(file.path, file)
  }
  return [...found.values()].sort((left, right) => left.externalId.localeCompare(right.externalId, 'en'))
}

function below(root: string): LocalFile[] {
  const start = resolve(root)
  const stats = statSync(start)
  if (stats.isFile()) return [{ path: start, externalId: basename(start), size: stats.size }]
  const files: LocalFile[] = []
  const pending = [start]
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const name of readdirSync(folder)) {
      if (name.startsWith('.') || SKIPPED_FOLDERS.has(name)) continue
      const path = join(folder, name)
      const entry = lstatSync(path)
      if (entry.isDirectory()) pending.push(path)
      else if (entry.isFile()) files.push({ path, externalId: relative(start, path).split(sep).join('/'), size: entry.size })
    }
  }
  return files
}
