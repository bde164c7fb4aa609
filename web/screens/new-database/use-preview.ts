import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { api } from '../../lib/api.ts'
import { pathOf } from '../../ui/files-of-drop.ts'

export interface Chunking {
  readonly chunkSize: number
  readonly chunkOverlap: number
}

const SETTLED_MS = 400

/** How the server would cut one file; asked once the sliders rest, the answer before stays until the next is there. */
export function usePreview(file: File | undefined, chunking: Chunking) {
  const { chunkSize, chunkOverlap } = useSettled(chunking)
  return useQuery({
    queryKey: ['preview', file === undefined ? '' : pathOf(file), file?.size, file?.lastModified, chunkSize, chunkOverlap],
    enabled: file !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    retry: false,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => {
      if (file === undefined) throw new Error('asked without a file')
      return api.upload('preview', { fields: { chunk_size: chunkSize, chunk_overlap: chunkOverlap }, files: [{ name: file.name, content: file }], signal })
    },
  })
}

function useSettled({ chunkSize, chunkOverlap }: Chunking): Chunking {
  const [settled, setSettled] = useState<Chunking>({ chunkSize, chunkOverlap })
  useEffect(() => {
    const timer = setTimeout(() => setSettled({ chunkSize, chunkOverlap }), SETTLED_MS)
    return () => clearTimeout(timer)
  }, [chunkSize, chunkOverlap])
  return settled
}
