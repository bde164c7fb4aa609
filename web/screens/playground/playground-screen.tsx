'use client'
import { useSearchParams } from 'next/navigation'
import { Suspense, useMemo } from 'react'
import { API_ADDRESS, useCall } from '../../lib/api.ts'
import { curlOf } from '../../lib/curl.ts'
import { PAGES } from '../../lib/pages.ts'
import { PLAYGROUND } from '../../strings/playground.ts'
import { ButtonLink } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { useDatabase } from '../databases/database-context.ts'
import { Comparison } from './comparison.tsx'
import { knownFields } from './known-fields.ts'
import { Results } from './results.tsx'
import { bodyOf, filterFaultOf, useSearch } from './search-call.ts'
import { SearchForm } from './search-form.tsx'
import { type SearchState, searchOf, stateOf } from './search-state.ts'
import { Start } from './start.tsx'
import { answering } from './versions.ts'
import { WhyPanel } from './why-panel.tsx'

/** Documents that are looked at for the fields that a filter may use. */
const LOOKED_AT = 200

export function PlaygroundScreen() {
  return (
    <Suspense>
      <Playground />
    </Suspense>
  )
}

/** Searches as the API does, and shows everything that it tells. The address holds the whole state. */
function Playground() {
  const database = useDatabase()
  const parameters = useSearchParams()
  const state = useMemo(() => stateOf(parameters), [parameters])
  const mayManage = database.access === 'owner' || database.access === 'manage'
  const listed = useCall('listVersions', { parameters: { database: database.id } })
  const documents = useCall('listDocuments', { parameters: { database: database.id }, query: { limit: LOOKED_AT } }, { staleTime: 60_000 })
  const fields = useMemo(() => knownFields(documents.data?.documents ?? []), [documents.data])
  const versions = answering(listed.data?.versions ?? [])
  const first = useSearch(database.id, state, mayManage ? state.version : undefined, true)
  const compares = mayManage && state.against !== undefined && state.question !== ''
  const second = useSearch(database.id, state, state.against, compares)
  const refusedFilter = filterFaultOf(first.error)
  const hasAsked = state.question !== ''

  function search(next: SearchState) {
    const wanted = searchOf(next)
    if (wanted !== searchOf(state)) return history.pushState(null, '', location.pathname + wanted)
    void first.refetch()
    if (compares) void second.refetch()
  }

  if (database.documents.total === 0) {
    return (
      <EmptyState
        icon="search"
        title={PLAYGROUND.noDocumentsTitle}
        action={<ButtonLink href={PAGES.database(database.id)}>{PLAYGROUND.toDocuments}</ButtonLink>}
      >
        {PLAYGROUND.noDocumentsText}
      </EmptyState>
    )
  }
  const common = { isFiltered: state.filter !== '', versions, isNarrow: compares }
  const results = <Results found={first.data} fault={first.error} isBusy={first.isFetching} onRetry={() => void first.refetch()} {...common} />
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-5">
      <SearchForm
        state={state}
        fields={fields}
        versions={mayManage ? versions : []}
        isHybrid={database.mode === 'hybrid'}
        weights={database.weights}
        isBusy={first.isFetching || (compares && second.isFetching)}
        filterFault={refusedFilter === undefined ? undefined : { kind: 'told', fault: refusedFilter }}
        onSearch={search}
      />
      {!hasAsked && <Start database={database.id} onChoose={(question) => search({ ...state, question })} />}
      {hasAsked && !compares && results}
      {compares && (
        <Comparison
          before={first.data}
          after={second.data}
          first={results}
          second={
            <Results
              found={second.data}
              fault={second.error}
              isBusy={second.isFetching}
              before={first.data}
              onRetry={() => void second.refetch()}
              {...common}
            />
          }
        />
      )}
      {hasAsked && refusedFilter === undefined && (
        <>
          <WhyPanel key={searchOf(state)} database={database.id} state={state} />
          <Card title={PLAYGROUND.request.title} hint={PLAYGROUND.request.hint}>
            <CodeBlock
              label={PLAYGROUND.request.label}
              code={curlOf({
                address: API_ADDRESS === '' ? location.origin : API_ADDRESS,
                path: `/api/v1/databases/${encodeURIComponent(database.id)}/query`,
                body: bodyOf(state, state.version),
              })}
            />
          </Card>
        </>
      )}
    </div>
  )
}
