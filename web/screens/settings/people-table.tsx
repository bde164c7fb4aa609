'use client'
import dynamic from 'next/dynamic'
import { useRef, useState } from 'react'
import { useCall, useSend } from '../../lib/api.ts'
import { useMe } from '../../lib/session.ts'
import { PEOPLE, SETTINGS } from '../../strings/settings.ts'
import { Badge, type Tone } from '../../ui/badge.tsx'
import { ConfirmDialog } from '../../ui/dialog.tsx'
import { Menu } from '../../ui/menu.tsx'
import { TimeAgo } from '../../ui/time-ago.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import { type User, whoIs } from './people.ts'
import { CELL, HEAD } from './table.tsx'

const EditPersonDialog = dynamic(() => import('./edit-person-dialog.tsx').then((file) => file.EditPersonDialog))
const ResetLinkDialog = dynamic(() => import('./reset-link-dialog.tsx').then((file) => file.ResetLinkDialog))

const TONES: Readonly<Record<User['state'], Tone>> = { active: 'good', suspended: 'warn', unclaimed: 'neutral', deleting: 'bad' }

type Open = { readonly what: 'edit' | 'reset' | 'remove'; readonly user: User }

/** People with what an owner does about them; not in a box that scrolls, which would cut off the menus. */
export function PeopleTable({ users }: { readonly users: readonly User[] }) {
  const { account } = useMe()
  const [open, setOpen] = useState<Open>()
  const table = useRef<HTMLTableElement>(null)
  const toasts = useToasts()
  const plans = useCall('listPlans', {})
  const change = useSend('updateUser', ['listUsers'])
  const remove = useSend('removeUser', ['listUsers'])
  const planOf = ({ plan_id }: User) => (plan_id === null ? PEOPLE.defaultPlan : (plans.data?.plans.find((plan) => plan.id === plan_id)?.name ?? plan_id))

  function setState(user: User, state: 'active' | 'suspended') {
    const other = state === 'active' ? 'suspended' : 'active'
    const told = state === 'active' ? PEOPLE.activated(whoIs(user)) : PEOPLE.suspended(whoIs(user))
    change.mutate(
      { parameters: { user: user.id }, body: { state } },
      {
        onSuccess: () => toasts.say(told, () => change.mutate({ parameters: { user: user.id }, body: { state: other } }, { onError: toasts.fail })),
        onError: toasts.fail,
      },
    )
  }

  const entries = (user: User) => {
    const isMe = user.id === account.id
    const edit = { label: PEOPLE.edit, icon: 'pencil' as const, onSelect: () => setOpen({ what: 'edit', user }) }
    if (isMe) return [edit]
    return [
      edit,
      { label: PEOPLE.resetLink, icon: 'link' as const, disabled: user.role === 'owner', onSelect: () => setOpen({ what: 'reset', user }) },
      user.state === 'suspended'
        ? { label: PEOPLE.activate, icon: 'check' as const, onSelect: () => setState(user, 'active') }
        : { label: PEOPLE.suspend, icon: 'stop' as const, onSelect: () => setState(user, 'suspended') },
      { label: PEOPLE.remove, icon: 'trash' as const, danger: true, onSelect: () => setOpen({ what: 'remove', user }) },
    ]
  }

  function confirmRemoval({ user }: Open) {
    remove.mutate(
      { parameters: { user: user.id } },
      {
        onSuccess: () => {
          setOpen(undefined)
          toasts.say(PEOPLE.removed(whoIs(user)))
          table.current?.focus()
        },
      },
    )
  }

  return (
    <>
      <table ref={table} tabIndex={-1} className="w-full text-sm outline-none">
        <caption className="sr-only">{PEOPLE.title}</caption>
        <thead>
          <tr>
            <th scope="col" className={`${HEAD} pl-0`}>
              {PEOPLE.person}
            </th>
            <th scope="col" className={`${HEAD} hidden sm:table-cell`}>
              {PEOPLE.role}
            </th>
            <th scope="col" className={`${HEAD} hidden lg:table-cell`}>
              {PEOPLE.plan}
            </th>
            <th scope="col" className={HEAD}>
              {PEOPLE.state}
            </th>
            <th scope="col" className={`${HEAD} hidden md:table-cell`}>
              {PEOPLE.seen}
            </th>
            <th scope="col" className={HEAD}>
              <span className="sr-only">{PEOPLE.actions}</span>
            </th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {users.map((user) => (
            <tr key={user.id}>
              <th scope="row" className="w-1/2 max-w-0 py-2 pr-3 text-left font-normal">
                <span className="block truncate font-medium">
                  {whoIs(user)} {user.id === account.id && <Badge tone="accent">{PEOPLE.you}</Badge>}
                </span>
                {user.name !== null && <span className="block truncate text-xs text-soft">{user.email}</span>}
                <span className="block text-xs text-soft sm:hidden">{SETTINGS.roles[user.role]}</span>
              </th>
              <td className={`${CELL} hidden sm:table-cell`}>{SETTINGS.roles[user.role]}</td>
              <td className={`${CELL} hidden lg:table-cell`}>{planOf(user)}</td>
              <td className={CELL}>
                <Badge tone={TONES[user.state]}>{PEOPLE.states[user.state]}</Badge>
              </td>
              <td className={`${CELL} hidden text-soft md:table-cell`}>{user.last_seen_at === null ? PEOPLE.never : <TimeAgo at={user.last_seen_at} />}</td>
              <td className="py-1 text-right">{user.state !== 'deleting' && <Menu label={PEOPLE.actionsFor(whoIs(user))} entries={entries(user)} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {open?.what === 'edit' && <EditPersonDialog user={open.user} plans={plans.data?.plans ?? []} onClose={() => setOpen(undefined)} />}
      {open?.what === 'reset' && <ResetLinkDialog user={open.user} onClose={() => setOpen(undefined)} />}
      {open?.what === 'remove' && (
        <ConfirmDialog
          open
          title={PEOPLE.removeTitle(whoIs(open.user))}
          action={PEOPLE.removeAction}
          busy={remove.isPending}
          fault={remove.error}
          onClose={() => {
            setOpen(undefined)
            remove.reset()
          }}
          onConfirm={() => confirmRemoval(open)}
        >
          {PEOPLE.removeHint(whoIs(open.user))}
        </ConfirmDialog>
      )}
    </>
  )
}
