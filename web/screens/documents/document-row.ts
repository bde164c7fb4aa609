import type { Reply } from 'quarry-engine/client'

export type DocumentRow = Reply<'listDocuments'>['documents'][number]

/** What a person should see of how far a document is: the newest revision may lag behind one that answers. */
export function isAnswering({ live_revision: live }: Pick<DocumentRow, 'live_revision'>): boolean {
  return live !== null
}

export const isUnderWay = ({ state }: Pick<DocumentRow, 'state'>): boolean => state === 'queued' || state === 'processing'
