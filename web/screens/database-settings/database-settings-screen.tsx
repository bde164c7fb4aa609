'use client'
import { useState } from 'react'
import { useDatabase } from '../databases/database-context.ts'
import { AnswersForm } from './answers-form.tsx'
import { ComparePanel } from './compare-panel.tsx'
import { DeleteDatabase } from './delete-database.tsx'
import { GeneralForm } from './general-form.tsx'
import { IndexForm } from './index-form.tsx'
import { useIndexWork } from './index-work.ts'
import { VersionList } from './version-list.tsx'
import { WeightsForm } from './weights-form.tsx'

/** What a database is called, how it answers, is indexed and ranked, and its end. */
export function DatabaseSettingsScreen() {
  const database = useDatabase()
  const work = useIndexWork(database)
  const [comparedId, setComparedId] = useState<string>()
  const compared = work.versions.find(({ id }) => id === comparedId)
  const live = work.versions.find(({ state }) => state === 'live')
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-5">
      <GeneralForm key={database.id} database={database} />
      <AnswersForm key={`answers ${database.id}`} database={database} />
      <WeightsForm database={database} />
      <IndexForm database={database} isBusy={work.isBusy} />
      <VersionList database={database} work={work} onCompare={setComparedId} />
      {compared !== undefined && live !== undefined && compared.id !== live.id && (
        <ComparePanel key={compared.id} database={database.id} live={live} other={compared} onClose={() => setComparedId(undefined)} />
      )}
      <DeleteDatabase database={database} />
    </div>
  )
}
