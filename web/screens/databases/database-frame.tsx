'use client'
import type { ReactNode } from 'react'
import { useCall } from '../../lib/api.ts'
import { useIdAfter } from '../../lib/location.ts'
import { PAGES } from '../../lib/pages.ts'
import { DATABASES } from '../../strings/databases.ts'
import { ButtonLink } from '../../ui/button.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Skeleton, SkeletonLines } from '../../ui/skeleton.tsx'
import { TabLinks } from '../../ui/tab-links.tsx'
import { DatabaseProvider } from './database-context.ts'

/** The heading and the rooms of one database; its screens read it by `useDatabase`. */
export function DatabaseFrame({ children }: { readonly children: ReactNode }) {
  const id = useIdAfter('databases') ?? ''
  const { data, error, refetch } = useCall('getDatabase', { parameters: { database: id } }, { enabled: id !== '' })
  if (data === undefined && error !== null) {
    return (
      <>
        <PageHeader title={DATABASES.unavailable} />
        <ErrorNote fault={error} onRetry={() => void refetch()} />
      </>
    )
  }
  if (data === undefined) {
    return (
      <>
        <Skeleton className="mb-6 h-8 w-64" />
        <SkeletonLines lines={6} />
      </>
    )
  }
  const mayManage = data.access === 'owner' || data.access === 'manage'
  const tabs = [
    { label: DATABASES.documents, href: PAGES.database(id) },
    { label: DATABASES.playground, href: PAGES.playground(id) },
    ...(mayManage
      ? [
          { label: DATABASES.settings, href: PAGES.databaseSettings(id) },
          { label: DATABASES.evaluation, href: PAGES.evaluation(id) },
          { label: DATABASES.access, href: PAGES.access(id) },
          { label: DATABASES.usage, href: PAGES.databaseUsage(id) },
        ]
      : []),
  ]
  return (
    <DatabaseProvider value={data}>
      <PageHeader
        title={data.name}
        hint={data.description ?? undefined}
        actions={
          <ButtonLink look="primary" icon="chat" href={`${PAGES.chat}?database=${encodeURIComponent(data.id)}`}>
            {DATABASES.askIt}
          </ButtonLink>
        }
      />
      <TabLinks label={DATABASES.rooms} tabs={tabs} />
      {children}
    </DatabaseProvider>
  )
}
