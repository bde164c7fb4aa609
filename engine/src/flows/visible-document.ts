import type { Caller } from '../domain/caller.ts'
import { type Document, fieldsOf } from '../domain/document.ts'
import { AppError } from '../domain/errors.ts'
import { matches } from '../domain/filter.ts'
import type { Catalog, PageOf } from '../ports/catalog.ts'
import type { World } from '../ports/world.ts'

// A document that a key's own filter leaves out does not exist for that key. Every read of a document comes through here.

/** Source: few enough to wait for, enough that a filter which leaves most out still fills a page in a few steps. */
const LOOK_AHEAD = 200

type Asker = Pick<Caller, 'ownerId' | 'filter'>
type Wanted = Parameters<Catalog['documents']>[2]

export function isVisible({ filter }: Pick<Caller, 'filter'>, document: Document): boolean {
  return filter === undefined || matches(filter, { fields: fieldsOf(document), pages: undefined })
}

/** By id or external id. @throws document/not-found, the same whether it is unknown or left out */
export async function visibleDocument(world: Pick<World, 'catalog'>, caller: Asker, databaseId: string, idOrExternalId: string): Promise<Document> {
  const document = await world.catalog.document(caller.ownerId, databaseId, idOrExternalId)
  if (!isVisible(caller, document)) throw new AppError('document/not-found', { document: idOrExternalId })
  return document
}

/** A page of what the caller may see: full as long as there is enough, with a cursor only when more of it follows. */
export async function visibleDocuments(world: Pick<World, 'catalog'>, caller: Asker, databaseId: string, wanted: Wanted): Promise<PageOf<Document>> {
  const { limit, cursor: from, ...rest } = wanted
  const read = (size: number, cursor: string | undefined) =>
    world.catalog.documents(caller.ownerId, databaseId, { ...rest, limit: size, ...(cursor === undefined ? {} : { cursor }) })
  if (caller.filter === undefined) return read(limit, from)
  const shown: Document[] = []
  let end: { readonly cursor: string | undefined; readonly taken: number } | undefined
  for (let cursor = from; ; ) {
    const page = await read(LOOK_AHEAD, cursor)
    for (const [index, document] of page.items.entries()) {
      if (!isVisible(caller, document)) continue
      if (end !== undefined && shown.length === limit) return { items: shown, nextCursor: await cursorBehind(end) }
      shown.push(document)
      end = { cursor, taken: index + 1 }
    }
    if (page.nextCursor === undefined) return { items: shown, nextCursor: undefined }
    cursor = page.nextCursor
  }

  /** Cursors stand behind whole pages: the page that ends where ours does is read for its cursor. */
  async function cursorBehind(place: NonNullable<typeof end>): Promise<string | undefined> {
    return (await read(place.taken, place.cursor)).nextCursor
  }
}
