'use client'
import dynamic from 'next/dynamic'
import { useRouter } from 'next/navigation'
import { useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import { useCallPages } from '../../lib/api.ts'
import { PAGES } from '../../lib/pages.ts'
import { useMe } from '../../lib/session.ts'
import { DATABASES } from '../../strings/databases.ts'
import { Button, ButtonLink } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Select, TextField } from '../../ui/field.tsx'
import type { MenuEntry } from '../../ui/menu.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { SkeletonLines } from '../../ui/skeleton.tsx'
import { type Column, found, type Listed, type Order, pressed, stateOf } from './database-list.ts'
import { DatabaseTable } from './database-table.tsx'
import { NoDatabases } from './no-databases.tsx'

const RenameDialog = dynamic(() => import('./rename-dialog.tsx').then((file) => file.RenameDialog))
const DeleteDialog = dynamic(() => import('./delete-dialog.tsx').then((file) => file.DeleteDialog))

const ORDERS: readonly Order[] = (['activity', 'name', 'documents', 'size'] as const).flatMap((by) => [
  { by, ascending: by === 'name' },
  { by, ascending: by !== 'name' },
])
const BUSY_MS = 4000
const QUIET_MS = 30_000

/** All databases that one may see: found, sorted, renamed, deleted. */
export function DatabasesScreen() {
  const router = useRouter()
  const mayCreate = useMe().scopes.includes('manage')
  const [search, setSearch] = useState('')
  const [order, setOrder] = useState<Order>({ by: 'activity', ascending: false })
  const [open, setOpen] = useState<{ readonly what: 'rename' | 'delete'; readonly database: Listed }>()
  const [isBusy, setIsBusy] = useState(false)
  const searchBox = useRef<HTMLInputElement>(null)
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useCallPages(
    'listDatabases',
    { query: { limit: 100 } },
    { refetchInterval: isBusy ? BUSY_MS : QUIET_MS },
  )
  const all = useMemo(() => data?.pages.flatMap(({ databases }) => databases), [data])
  const words = useDeferredValue(search)
  const shown = useMemo(() => found(all ?? [], words, order), [all, words, order])

  // Sorting and searching speak of all of them, so all are read.
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])
  useEffect(() => setIsBusy(all?.some((database) => stateOf(database) === 'processing') === true), [all])

  const isEmpty = all?.length === 0
  useEffect(() => {
    // The search box goes with the last database, and the focus was in it.
    if (isEmpty && document.activeElement === document.body) document.getElementById('content')?.focus()
  }, [isEmpty])

  function entriesOf(database: Listed): readonly MenuEntry[] {
    const { id, access } = database
    const mayManage = access === 'owner' || access === 'manage'
    return [
      { label: DATABASES.open, icon: 'folder', onSelect: () => router.push(PAGES.database(id)) },
      { label: DATABASES.chat, icon: 'chat', onSelect: () => router.push(`${PAGES.chat}?database=${encodeURIComponent(id)}`) },
      ...(mayManage
        ? ([
            { label: DATABASES.rename, icon: 'pencil', onSelect: () => setOpen({ what: 'rename', database }) },
            { label: DATABASES.delete, icon: 'trash', danger: true, onSelect: () => setOpen({ what: 'delete', database }) },
          ] as const)
        : []),
    ]
  }

  return (
    <>
      <PageHeader
        title={DATABASES.title}
        hint={DATABASES.hint}
        actions={
          mayCreate && (
            <ButtonLink look="primary" icon="plus" href={PAGES.newDatabase}>
              {DATABASES.create}
            </ButtonLink>
          )
        }
      />
      {error !== null && (
        <div className="mb-4">
          <ErrorNote fault={error} onRetry={() => void refetch()} />
        </div>
      )}
      {all === undefined ? (
        error === null && <SkeletonLines lines={6} className="h-16" />
      ) : isEmpty ? (
        <NoDatabases mayCreate={mayCreate} />
      ) : (
        <>
          <div className="mb-3 flex flex-wrap items-end gap-3">
            <div className="min-w-0 grow basis-56 sm:max-w-sm">
              <TextField
                ref={searchBox}
                type="search"
                label={DATABASES.search}
                labelHidden
                placeholder={DATABASES.searchBox}
                value={search}
                onChange={({ target }) => setSearch(target.value)}
              />
            </div>
            <div className="grow basis-44 lg:hidden">
              <Select
                label={DATABASES.sort}
                labelHidden
                value={ORDERS.findIndex(({ by, ascending }) => by === order.by && ascending === order.ascending)}
                onChange={({ target }) => setOrder(ORDERS[Number(target.value)] ?? order)}
              >
                {ORDERS.map(({ by, ascending }, index) => (
                  <option key={`${by} ${ascending}`} value={index}>
                    {DATABASES.sortOption(DATABASES.sortBy[by], DATABASES.order[ascending ? 'ascending' : 'descending'])}
                  </option>
                ))}
              </Select>
            </div>
            <p role="status" className="py-2 text-sm text-soft sm:ml-auto">
              {hasNextPage ? DATABASES.reading : DATABASES.found(shown.length, all.length)}
            </p>
          </div>
          {shown.length === 0 ? (
            <EmptyState
              icon="search"
              title={DATABASES.nothingFound(words)}
              action={
                <Button
                  onClick={() => {
                    setSearch('')
                    searchBox.current?.focus()
                  }}
                >
                  {DATABASES.clearSearch}
                </Button>
              }
            />
          ) : (
            <DatabaseTable databases={shown} order={order} onSort={(column: Column) => setOrder(pressed(order, column))} entriesOf={entriesOf} />
          )}
        </>
      )}
      {open?.what === 'rename' && <RenameDialog database={open.database} onClose={() => setOpen(undefined)} />}
      {open?.what === 'delete' && (
        <DeleteDialog
          database={open.database}
          onClose={() => setOpen(undefined)}
          onDeleted={() => {
            setOpen(undefined)
            // The menu that opened the dialog is gone with its row.
            setTimeout(() => searchBox.current?.focus(), 50)
          }}
        />
      )}
    </>
  )
}
