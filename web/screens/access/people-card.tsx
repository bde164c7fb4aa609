import Link from 'next/link'
import type { Reply } from 'quarry-engine/client'
import { useRef } from 'react'
import { useCall, useSend } from '../../lib/api.ts'
import { ago } from '../../lib/format.ts'
import { PAGES } from '../../lib/pages.ts'
import { useMe } from '../../lib/session.ts'
import { ACCESS } from '../../strings/access.ts'
import { IconButton } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Select } from '../../ui/field.tsx'
import { Icon } from '../../ui/icon.tsx'
import { SkeletonLines } from '../../ui/skeleton.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import { ShareForm } from './share-form.tsx'

const WORDS = ACCESS.people
type Share = Reply<'listShares'>['shares'][number]
export type Level = Share['level']
export const LEVELS: readonly Level[] = ['read', 'write', 'manage']
const EVERYONE = 'everyone'

const nameOf = ({ grantee, name, email }: Share): string => (grantee === EVERYONE ? WORDS.everyone : (name ?? email ?? grantee))
/** As whom the routes know a grantee. */
const addressOf = ({ grantee, email }: Share): string => (grantee === EVERYONE ? EVERYONE : (email ?? ''))

/** With whom a database is shared, and how far. Taking it back is done at once and can be undone. */
export function PeopleCard({ database }: { readonly database: string }) {
  const isOwner = useMe().account.role === 'owner'
  const shares = useCall('listShares', { parameters: { database } })
  const share = useSend('share', ['listShares'])
  const unshare = useSend('unshare', ['listShares'])
  const toasts = useToasts()
  const list = useRef<HTMLUListElement>(null)

  function set(one: Share, level: Level) {
    share.mutate({ parameters: { database }, body: { with: addressOf(one), level } }, { onError: toasts.fail })
  }
  function takeBack(one: Share) {
    unshare.mutate(
      { parameters: { database, grantee: one.grantee } },
      { onError: toasts.fail, onSuccess: () => toasts.say(WORDS.takenBack(nameOf(one)), addressOf(one) === '' ? undefined : () => set(one, one.level)) },
    )
    list.current?.focus()
  }

  return (
    <Card title={WORDS.title} hint={`${WORDS.hint} ${WORDS.owner}`}>
      <ShareForm database={database} />
      <div className="mt-4">
        {shares.error !== null && shares.data === undefined && <ErrorNote fault={shares.error} onRetry={() => void shares.refetch()} />}
        {shares.isPending && <SkeletonLines lines={2} className="h-10" />}
        {shares.data?.shares.length === 0 && <p className="text-sm text-soft">{WORDS.empty}</p>}
        <ul ref={list} tabIndex={-1} aria-label={WORDS.list} className="divide-y divide-line outline-none">
          {shares.data?.shares.map((one) => {
            const who = nameOf(one)
            return (
              <li key={one.grantee} className="flex flex-wrap items-center gap-x-3 gap-y-2 py-2.5">
                <Icon name="people" className="size-4.5 text-soft" />
                <div className="min-w-0 grow basis-40 text-sm">
                  <p className="font-medium">{who}</p>
                  <p className="text-xs text-soft">
                    {one.email !== null && one.email !== who && `${one.email} · `}
                    {WORDS.since(ago(one.created_at))}
                  </p>
                </div>
                <div className="flex min-w-0 grow items-center gap-1 sm:max-w-80">
                  <div className="min-w-0 grow">
                    <Select label={WORDS.levelOf(who)} labelHidden value={one.level} onChange={(event) => set(one, event.target.value as Level)}>
                      {LEVELS.map((level) => (
                        <option key={level} value={level}>
                          {WORDS.levels[level]}
                        </option>
                      ))}
                    </Select>
                  </div>
                  <IconButton icon="close" label={WORDS.takeBack(who)} onClick={() => takeBack(one)} />
                </div>
              </li>
            )
          })}
        </ul>
        {isOwner && (
          <Link href={PAGES.people} className="mt-2 inline-flex min-h-6 items-center rounded text-sm text-accent hover:underline">
            {WORDS.invite}
          </Link>
        )}
      </div>
    </Card>
  )
}
