'use client'
import { useState } from 'react'
import { useDatabase } from '../databases/database-context.ts'
import { KeysCard } from './keys-card.tsx'
import type { MadeKey } from './made-key.ts'
import { PeopleCard } from './people-card.tsx'
import { ProgramCard } from './program-card.tsx'
import { PublicationsCard } from './publications-card.tsx'

/** Who and what may use a database: people, programs, strangers. A key that was just made lives only as long as this screen. */
export function AccessScreen() {
  const database = useDatabase()
  const [made, setMade] = useState<MadeKey>()
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-5">
      <PeopleCard database={database.id} />
      <KeysCard database={database.id} onMade={setMade} />
      <PublicationsCard database={database} />
      <ProgramCard database={database.id} made={made} />
    </div>
  )
}
