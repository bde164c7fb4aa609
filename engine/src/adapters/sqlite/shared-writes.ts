import type { SqliteFile } from './database.ts'

interface Waiting {
  work(): void
  done(): void
  failed(fault: unknown): void
}

/**
 * Writes that come within a moment of the one before share a transaction: each transaction waits for the disk, and everything in the
 * process with it. The work is as in `SqliteFile.write`; it resolves when it is durable. What fails in company is tried alone.
 */
export function sharedWrites(file: SqliteFile, withinMs: number): (work: () => void) => Promise<void> {
  let waiting: Waiting[] = []
  let timer: NodeJS.Timeout | undefined
  let lastAt = Number.NEGATIVE_INFINITY

  function alone({ work, done, failed }: Waiting): void {
    try {
      file.write(work)
    } catch (fault) {
      failed(fault)
      return
    }
    done()
  }

  function commit(): void {
    timer = undefined
    lastAt = performance.now()
    const all = waiting
    waiting = []
    try {
      file.write(() => {
        for (const { work } of all) work()
      })
    } catch {
      for (const one of all) alone(one)
      return
    }
    for (const { done } of all) done()
  }

  return (work) =>
    new Promise((done, failed) => {
      waiting.push({ work, done, failed })
      if (performance.now() - lastAt >= withinMs && timer === undefined) commit()
      else timer ??= setTimeout(commit, withinMs)
    })
}
