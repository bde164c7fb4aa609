'use client'
import dynamic from 'next/dynamic'
import { useCall } from '../../lib/api.ts'
import { PAGES } from '../../lib/pages.ts'
import { useMe } from '../../lib/session.ts'
import { DASHBOARD } from '../../strings/dashboard.ts'
import { ButtonLink } from '../../ui/button.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { DatabasesCard } from './databases-card.tsx'
import { DropArea } from './drop-area.tsx'
import { RunningCard } from './running-card.tsx'
import { isBusy } from './work.ts'

const BUSY_MS = 2000
const AT_REST_MS = 20_000

const UsageCard = dynamic(() => import('./usage-card.tsx').then((file) => file.UsageCard), { loading: () => <Skeleton className="h-96" /> })
const HealthCard = dynamic(() => import('./health-card.tsx').then((file) => file.HealthCard), { loading: () => <Skeleton className="h-40" /> })
const Welcome = dynamic(() => import('./welcome.tsx').then((file) => file.Welcome), { loading: () => <Skeleton className="h-80" /> })

/** What there is, what is going on, and what needs a person. */
export function DashboardScreen() {
  const { account, scopes } = useMe()
  const mayCreate = scopes.includes('manage')
  const { data, error, refetch } = useCall(
    'listDatabases',
    { query: { limit: 200 } },
    { refetchInterval: (query) => (query.state.data?.databases.some(isBusy) === true ? BUSY_MS : AT_REST_MS) },
  )
  const databases = data?.databases
  return (
    <DropArea isOpen={mayCreate}>
      <PageHeader
        title={DASHBOARD.title}
        actions={
          mayCreate && (
            <ButtonLink look="primary" icon="plus" href={PAGES.newDatabase}>
              {DASHBOARD.newDatabase}
            </ButtonLink>
          )
        }
      />
      <div className="grid gap-5">
        {error !== null && <ErrorNote fault={error} onRetry={() => void refetch()} />}
        {databases === undefined && error === null && <Skeleton className="h-64" />}
        {databases?.length === 0 && <Welcome mayCreate={mayCreate} />}
        {databases !== undefined && databases.length > 0 && (
          <>
            <RunningCard databases={databases.filter(isBusy)} />
            <DatabasesCard databases={databases} isAll={data?.next_cursor === null} />
            <UsageCard isOwner={account.role === 'owner'} />
          </>
        )}
        {account.role === 'owner' && <HealthCard />}
      </div>
    </DropArea>
  )
}
