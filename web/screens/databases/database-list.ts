import type { Reply } from 'quarry-engine/client'

export type Listed = Reply<'listDatabases'>['databases'][number]
export type Column = 'name' | 'documents' | 'size' | 'activity'
export interface Order {
  readonly by: Column
  readonly ascending: boolean
}
export type State = 'empty' | 'processing' | 'ready' | 'failed'

/** As the API tells the status of one: failed when there are documents and none could be read. */
export function stateOf({ documents, jobs }: Pick<Listed, 'documents' | 'jobs'>): State {
  if (documents.queued + documents.processing > 0 || jobs.running > 0) return 'processing'
  if (documents.total === 0) return 'empty'
  return documents.ready + documents.archive === 0 ? 'failed' : 'ready'
}

const names = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })
const COMPARED: Readonly<Record<Column, (left: Listed, right: Listed) => number>> = {
  name: (left, right) => names.compare(left.name, right.name),
  documents: (left, right) => left.documents.total - right.documents.total,
  size: (left, right) => left.bytes - right.bytes,
  activity: (left, right) => Date.parse(left.last_activity_at) - Date.parse(right.last_activity_at),
}

/** Those whose name, description or id has every word of `search`, in order; equals by name. */
export function found(databases: readonly Listed[], search: string, { by, ascending }: Order): readonly Listed[] {
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  const sign = ascending ? 1 : -1
  return databases
    .filter(({ id, name, description }) => {
      const text = `${name} ${description ?? ''} ${id}`.toLowerCase()
      return words.every((word) => text.includes(word))
    })
    .toSorted((left, right) => sign * COMPARED[by](left, right) || names.compare(left.name, right.name))
}

/** A second press on the same column turns it round; names begin with A, numbers and times with the largest. */
export function pressed(order: Order, by: Column): Order {
  return order.by === by ? { by, ascending: !order.ascending } : { by, ascending: by === 'name' }
}
