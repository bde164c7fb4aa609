'use client'
import dynamic from 'next/dynamic'
import { useRef, useState } from 'react'
import { useCall, useSend } from '../../lib/api.ts'
import { LIMITS } from '../../strings/settings.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button, IconButton } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { ConfirmDialog } from '../../ui/dialog.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { SkeletonLines } from '../../ui/skeleton.tsx'
import { LIMIT_NAMES, type Plan, shownLimit } from './limit-numbers.ts'

const PlanDialog = dynamic(() => import('./plan-dialog.tsx').then((file) => file.PlanDialog))

export function PlansCard() {
  const { data, error, refetch } = useCall('listPlans', {})
  const [edited, setEdited] = useState<Plan | 'new'>()
  const [leaving, setLeaving] = useState<Plan>()
  const list = useRef<HTMLUListElement>(null)
  const remove = useSend('removePlan', ['listPlans'])
  return (
    <Card
      title={LIMITS.plans}
      hint={LIMITS.plansHint}
      actions={
        <Button icon="plus" onClick={() => setEdited('new')}>
          {LIMITS.newPlan}
        </Button>
      }
    >
      {data === undefined && (error === null ? <SkeletonLines lines={3} className="h-16" /> : <ErrorNote fault={error} onRetry={() => void refetch()} />)}
      <ul ref={list} tabIndex={-1} aria-label={LIMITS.plans} className="grid gap-3 outline-none md:grid-cols-2">
        {data?.plans.map((plan) => (
          <li key={plan.id} className="rounded-lg border border-line p-3">
            <div className="flex items-start justify-between gap-2">
              <h3 className="pt-1.5 text-sm font-semibold">
                {plan.name} {plan.built_in && <Badge>{LIMITS.builtIn}</Badge>}
              </h3>
              <div className="flex">
                <IconButton icon="pencil" label={LIMITS.editPlan(plan.name)} onClick={() => setEdited(plan)} />
                {!plan.built_in && <IconButton icon="trash" label={LIMITS.removePlan(plan.name)} onClick={() => setLeaving(plan)} />}
              </div>
            </div>
            <Limits plan={plan} />
          </li>
        ))}
      </ul>
      {edited !== undefined && <PlanDialog plan={edited === 'new' ? undefined : edited} onClose={() => setEdited(undefined)} />}
      {leaving !== undefined && (
        <ConfirmDialog
          open
          title={LIMITS.removeTitle(leaving.name)}
          action={LIMITS.removeAction}
          busy={remove.isPending}
          fault={remove.error}
          onClose={() => {
            setLeaving(undefined)
            remove.reset()
          }}
          onConfirm={() =>
            remove.mutate(
              { parameters: { plan: leaving.id } },
              {
                onSuccess: () => {
                  setLeaving(undefined)
                  list.current?.focus()
                },
              },
            )
          }
        >
          {LIMITS.removeHint(leaving.name)}
        </ConfirmDialog>
      )}
    </Card>
  )
}

function Limits({ plan }: { readonly plan: Plan }) {
  const set = LIMIT_NAMES.flatMap((name) => {
    const value = plan[name]
    return value === null ? [] : [{ name, value }]
  })
  if (set.length === 0) return <p className="text-sm text-soft">{LIMITS.none}</p>
  return (
    <dl className="grid gap-0.5 text-sm">
      {set.map(({ name, value }) => (
        <div key={name} className="flex flex-wrap justify-between gap-x-3">
          <dt className="text-soft">{name === 'stored_bytes' ? LIMITS.what.stored_bytes : LIMITS.limits[name]}</dt>
          <dd className="tabular-nums">{shownLimit(name, value)}</dd>
        </div>
      ))}
    </dl>
  )
}
