import { AppError } from '../../domain/errors.ts'
import type { PartNote } from '../../domain/health.ts'
import type { Health } from '../../ports/health.ts'

/** Source: parts are few; names of models that were only tried must not fill the memory. */
const MOST_PARTS = 500

/** In the memory of one thread. `onNote` is told of faults, of what goes well again, and now and then of what goes on well. */
export function memoryHealth(now: () => number, onNote: (note: PartNote) => void = () => undefined): Health {
  const notes = new Map<string, PartNote>()

  function put(note: PartNote): void {
    notes.delete(note.part)
    notes.set(note.part, note)
    const oldest = notes.keys().next().value
    if (notes.size > MOST_PARTS && oldest !== undefined) notes.delete(oldest)
  }
  const last = (part: string): PartNote | undefined => notes.get(part)

  return {
    last,
    good(part) {
      const before = last(part)
      const note = { part, goodAt: now(), fault: before?.fault }
      put(note)
      // Another thread need not hear of each of a million good calls.
      if (before === undefined || before.goodAt === undefined || isRecent(before.fault?.at, before.goodAt) || note.goodAt - before.goodAt > RETELL_MS)
        onNote(note)
    },
    bad(part, fault) {
      if (fault instanceof Error && (fault.name === 'AbortError' || fault.name === 'TimeoutError')) return
      const error = (fault instanceof AppError ? fault : new AppError('internal')).body()
      const note = { part, goodAt: last(part)?.goodAt, fault: { at: now(), error } }
      put(note)
      onNote(note)
    },
    forget(prefix) {
      for (const part of [...notes.keys()]) if (part.startsWith(prefix)) notes.delete(part)
    },
    all: (prefix) => [...notes.values()].filter(({ part }) => part.startsWith(prefix)).sort((a, b) => (a.part < b.part ? -1 : 1)),
    take(note) {
      const before = last(note.part)
      const fault = newer(before?.fault, note.fault)
      const goodAt = Math.max(before?.goodAt ?? 0, note.goodAt ?? 0)
      put({ part: note.part, goodAt: goodAt === 0 ? undefined : goodAt, fault })
    },
  }
}

/** How often a part that goes on well is told of again. */
const RETELL_MS = 60_000

function isRecent(faultAt: number | undefined, goodAt: number): boolean {
  return faultAt !== undefined && faultAt >= goodAt
}

function newer(left: PartNote['fault'], right: PartNote['fault']): PartNote['fault'] {
  if (left === undefined || right === undefined) return left ?? right
  return right.at >= left.at ? right : left
}
