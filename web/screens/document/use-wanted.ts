import { useEffect, useState } from 'react'
import { api } from '../../lib/api.ts'
import type { Highlight } from '../source/highlight.ts'
import { CHUNKS_PER_PAGE, findOrdinal, wantedOf } from './find-ordinal.ts'
import { type Chunk, useChunkReader } from './use-chunks.ts'

/** What the address asks to be shown: a chunk, and what of the document is marked. */
export interface Target {
  readonly ordinal: number
  readonly highlight: Highlight
  /** A passage is marked within its chunks; a chunk is a band already. */
  readonly isPassage: boolean
}

export function highlightOf(chunk: Chunk): Highlight {
  return { start: chunk.start, end: chunk.end, quote: chunk.text, page: chunk.pages?.[0] ?? null, lastPage: chunk.pages?.[1] ?? null }
}

/** Reads the address once and looks the place up. `fault` when that fails; what is not there is no target. */
export function useWanted(database: string, document: string, isReady: boolean) {
  const [target, setTarget] = useState<Target>()
  const [fault, setFault] = useState<unknown>()
  const [isMissing, setIsMissing] = useState(false)
  const read = useChunkReader(database, document)
  useEffect(() => {
    const wanted = wantedOf(location.search)
    if (!isReady || wanted === undefined) return
    const gone = new AbortController()
    async function find(): Promise<Target | undefined> {
      const { total } = await read(0)
      if (wanted?.kind === 'chunk') {
        const page = await read(Math.floor(wanted.ordinal / CHUNKS_PER_PAGE))
        const chunk = page.chunks.find(({ ordinal }) => ordinal === wanted.ordinal)
        return chunk === undefined ? undefined : { ordinal: chunk.ordinal, highlight: highlightOf(chunk), isPassage: false }
      }
      if (wanted === undefined) return undefined
      const { start, end } = wanted
      const ordinal = await findOrdinal(total, start, async (page) => (await read(page)).chunks)
      if (ordinal === undefined) return undefined
      const text = await api.call('readText', { parameters: { database, document }, query: { start, end: Math.max(end, start + 1) }, signal: gone.signal })
      const pages = text.pages.filter((page) => page.start < text.end && page.end > text.start).map(({ number }) => number)
      return {
        ordinal,
        isPassage: true,
        highlight: { start: text.start, end: text.end, quote: text.text, page: pages[0] ?? null, lastPage: pages.at(-1) ?? null },
      }
    }
    find().then(
      (found) => {
        if (gone.signal.aborted) return
        setTarget(found)
        setIsMissing(found === undefined)
      },
      (problem: unknown) => {
        if (!gone.signal.aborted) setFault(problem)
      },
    )
    return () => gone.abort()
  }, [database, document, isReady, read])
  return { target, fault, isMissing }
}
