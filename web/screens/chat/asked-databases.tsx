'use client'
import dynamic from 'next/dynamic'
import Link from 'next/link'
import { useState } from 'react'
import { PAGES } from '../../lib/pages.ts'
import { CHAT } from '../../strings/chat.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import type { Database } from './use-databases.ts'

const DatabasePicker = dynamic(() => import('./database-picker.tsx').then((file) => file.DatabasePicker))

/** More names would push the chat down. */
const SHOWN = 4

interface AskedDatabasesProps {
  /** Undefined while they are on their way. */
  readonly all: readonly Database[] | undefined
  readonly chosen: readonly string[]
  /** Undefined: a conversation that has begun stays with its databases. */
  readonly onChoose: ((ids: readonly string[]) => void) | undefined
}

/** What is asked, and for a new conversation the way to choose. */
export function AskedDatabases({ all, chosen, onChoose }: AskedDatabasesProps) {
  const [choosing, setChoosing] = useState(false)
  return (
    <div className="flex flex-wrap items-center gap-2 text-sm">
      <span className="text-soft">{CHAT.asks}</span>
      {all === undefined && <Skeleton className="h-6 w-32 rounded-full" />}
      <ul aria-label={CHAT.databases} className="contents">
        {all !== undefined &&
          chosen.slice(0, SHOWN).map((id) => (
            <li key={id} className="max-w-full">
              <DatabaseName id={id} name={all.find((one) => one.id === id)?.name} />
            </li>
          ))}
        {chosen.length > SHOWN && <li className="text-soft">{CHAT.moreDatabases(chosen.length - SHOWN)}</li>}
      </ul>
      {onChoose !== undefined && all !== undefined && all.length > 1 && (
        <Button small icon="database" onClick={() => setChoosing(true)}>
          {CHAT.choose}
        </Button>
      )}
      {choosing && onChoose !== undefined && all !== undefined && (
        <DatabasePicker
          all={all}
          chosen={chosen}
          onChoose={(ids) => {
            setChoosing(false)
            onChoose(ids)
          }}
          onClose={() => setChoosing(false)}
        />
      )}
    </div>
  )
}

function DatabaseName({ id, name }: { readonly id: string; readonly name: string | undefined }) {
  if (name === undefined) return <span className="text-soft">{CHAT.goneDatabase}</span>
  return (
    <Link
      href={PAGES.database(id)}
      className="inline-flex min-h-6 max-w-full items-center gap-1.5 rounded-full bg-sunken px-2.5 py-0.5 font-medium hover:underline"
    >
      <Icon name="database" className="size-3.5 text-soft" />
      <span className="truncate">{name}</span>
    </Link>
  )
}
