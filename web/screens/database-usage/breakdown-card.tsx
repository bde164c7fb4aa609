import { useState } from 'react'
import { useCall } from '../../lib/api.ts'
import { dollars, number, percent } from '../../lib/format.ts'
import { useMe } from '../../lib/session.ts'
import { DATABASE_USAGE } from '../../strings/database-usage.ts'
import { Card } from '../../ui/card.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Segments } from '../../ui/segments.tsx'
import { SkeletonLines } from '../../ui/skeleton.tsx'
import { AMOUNTS, amountOf, GROUPS, type Group, sumOf, type UsageLine } from './amounts.ts'

const WORDS = DATABASE_USAGE.by
const MOST_PEOPLE = 200

interface BreakdownCardProps {
  readonly scope: { readonly database: string; readonly from: string; readonly everyone: 'true' | 'false' }
  readonly isOwner: boolean
}

/** The same sums by key, person or published chat. */
export function BreakdownCard({ scope, isOwner }: BreakdownCardProps) {
  const [group, setGroup] = useState<Group>('key')
  const { data, error, refetch } = useCall('usage', { query: { ...scope, by: group } }, { staleTime: 30_000 })
  const nameOf = useNames(group, isOwner)
  const groups = scope.everyone === 'true' ? GROUPS : GROUPS.filter((one) => one !== 'account')
  const lines = (data?.lines ?? []).toSorted((one, other) => other.requests - one.requests)
  const all = sumOf(lines, 'requests')
  return (
    <Card
      title={WORDS.title}
      actions={<Segments label={WORDS.group} value={group} options={groups.map((value) => ({ value, label: WORDS.groups[value] }))} onValue={setGroup} />}
    >
      {error !== null && data === undefined && <ErrorNote fault={error} onRetry={() => void refetch()} />}
      {error === null && data === undefined && <SkeletonLines lines={3} className="h-9" />}
      {data !== undefined && lines.length === 0 && (
        <EmptyState icon="clock" title={DATABASE_USAGE.none}>
          {DATABASE_USAGE.noneText}
        </EmptyState>
      )}
      {lines.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <section aria-label={WORDS.caption(WORDS.groups[group])} tabIndex={0} className="overflow-x-auto">
          <table className="w-full text-sm tabular-nums">
            <caption className="sr-only">{WORDS.caption(WORDS.groups[group])}</caption>
            <thead>
              <tr className="text-xs whitespace-nowrap text-soft">
                <th scope="col" className="py-1.5 pr-4 text-left font-medium">
                  {WORDS.groups[group]}
                </th>
                {AMOUNTS.map((amount) => (
                  <th key={amount} scope="col" className="px-2 py-1.5 text-right font-medium">
                    {DATABASE_USAGE.amount[amount]}
                  </th>
                ))}
                <th scope="col" className="py-1.5 pl-2 text-right font-medium">
                  {WORDS.share}
                </th>
              </tr>
            </thead>
            <tbody>
              {lines.map((line) => (
                <tr key={line[group] ?? ''} className="border-t border-line">
                  <th scope="row" className="min-w-40 py-2 pr-4 text-left font-normal">
                    {nameOf(line)}
                  </th>
                  {AMOUNTS.map((amount) => (
                    <td key={amount} className="px-2 py-2 text-right">
                      {(amount === 'cost' ? dollars : number)(amountOf(line, amount))}
                    </td>
                  ))}
                  <td className="py-2 pl-2 text-right">{percent(all === 0 ? 0 : line.requests / all)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Card>
  )
}

/** Names for the ids of a report: as far as whoever looks may know them. */
function useNames(group: Group, isOwner: boolean): (line: UsageLine) => string {
  const { account } = useMe()
  const keys = useCall('listKeys', {}, { enabled: group === 'key', staleTime: 60_000 })
  const people = useCall('listUsers', { query: { limit: MOST_PEOPLE } }, { enabled: group === 'account' && isOwner, staleTime: 60_000 })
  const chats = useCall('listPublications', {}, { enabled: group === 'publication', staleTime: 60_000 })
  return (line) => {
    const id = line[group]
    if (group === 'key') return id === null ? WORDS.noKey : (keys.data?.keys.find((key) => key.id === id)?.name ?? WORDS.goneKey(id))
    if (group === 'publication')
      return id === null ? WORDS.noPublication : (chats.data?.publications.find((chat) => chat.id === id)?.title ?? WORDS.gonePublication(id))
    if (id === null) return WORDS.noAccount
    const person = people.data?.users.find((one) => one.id === id)
    const name = person?.name ?? person?.email
    if (name === undefined || name === null) return WORDS.goneAccount(id)
    return id === account.id ? WORDS.you(name) : name
  }
}
