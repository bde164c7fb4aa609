'use client'
import { useRouter } from 'next/navigation'
import { AppError } from 'quarry-engine/client'
import { type FormEvent, useEffect, useMemo, useRef, useState } from 'react'
import { useCall, useSend } from '../../lib/api.ts'
import { takeDropped } from '../../lib/dropped-files.ts'
import { PAGES } from '../../lib/pages.ts'
import { NEW_DATABASE } from '../../strings/new-database.ts'
import { Button, ButtonLink } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { DropZone } from '../../ui/drop-zone.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { TextArea, TextField } from '../../ui/field.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { RangeField } from '../../ui/range-field.tsx'
import { SkeletonLines } from '../../ui/skeleton.tsx'
import { useUploads } from '../ingestion/use-uploads.ts'
import { ChosenFiles } from './chosen-files.tsx'
import { ChunkPreview } from './chunk-preview.tsx'
import { fileToShow, LEAST_CHUNK, mostOverlap, nameProblem, proposedName, USUAL_CHUNK, usualOverlap, withFiles } from './draft.ts'
import { ModelChoice, NO_MODEL } from './model-choice.tsx'

/** The slider ends where chunks are longer than pages; the API takes more. */
const SLIDER_END = 2048
const NO_FILES: readonly File[] = []

/** From files to a database: what it holds, what it is called, how it is searched and cut. */
export function NewDatabaseScreen() {
  const router = useRouter()
  const uploads = useUploads()
  const [files, setFiles] = useState(NO_FILES)
  const [typedName, setTypedName] = useState<string>()
  const [description, setDescription] = useState('')
  const [chosenModel, setChosenModel] = useState<string>()
  const [chunkSize, setChunkSize] = useState(USUAL_CHUNK)
  const [chosenOverlap, setChosenOverlap] = useState<number>()
  const [chosenFile, setChosenFile] = useState<File>()
  const [wasSent, setWasSent] = useState(false)
  const nameBox = useRef<HTMLInputElement>(null)
  const models = useCall('listModels', {}, { staleTime: 30_000 })
  const known = useCall('listDatabases', { query: { limit: 200 } })
  const create = useSend('createDatabase', ['listDatabases'])

  useEffect(() => {
    const dropped = takeDropped()
    if (dropped.length > 0) setFiles((now) => withFiles(now, dropped))
  }, [])

  const taken = useMemo(() => new Set(known.data?.databases.map(({ name }) => name)), [known.data])
  const name = typedName ?? (files.length === 0 ? '' : proposedName(files, taken, NEW_DATABASE.proposed))
  const isTaken = create.error instanceof AppError && create.error.code === 'database/exists' && create.variables?.body.name === name.trim()
  const problem = isTaken ? 'taken' : nameProblem(name, taken)
  const isProblemTold = problem !== undefined && (wasSent || typedName !== undefined) && (problem !== 'empty' || wasSent)
  const model = chosenModel ?? usualModel(models.data)
  const overlap = Math.min(chosenOverlap ?? usualOverlap(chunkSize), mostOverlap(chunkSize))
  const shownFile = chosenFile !== undefined && files.includes(chosenFile) ? chosenFile : fileToShow(files)

  function send(event: FormEvent) {
    event.preventDefault()
    setWasSent(true)
    if (problem !== undefined && !isTaken) {
      nameBox.current?.focus()
      return
    }
    const told = description.trim()
    const body = { name: name.trim(), model, chunk_size: chunkSize, chunk_overlap: overlap, ...(told === '' ? {} : { description: told }) }
    create.mutate(
      { body },
      {
        onSuccess: ({ id }) => {
          if (files.length > 0) uploads.add(id, files)
          router.push(PAGES.database(id))
        },
        onError: (fault) => {
          if (fault instanceof AppError && fault.code === 'database/exists') nameBox.current?.focus()
        },
      },
    )
  }

  return (
    <form onSubmit={send} noValidate>
      <PageHeader title={NEW_DATABASE.title} hint={NEW_DATABASE.hint} />
      <div className="grid grid-cols-[minmax(0,1fr)] gap-5">
        <Card title={NEW_DATABASE.files} hint={NEW_DATABASE.filesHint}>
          <DropZone
            wholeWindow
            compact={files.length > 0}
            {...(files.length === 0 ? {} : { title: NEW_DATABASE.addMore, hint: NEW_DATABASE.addMoreHint })}
            onFiles={(more) => setFiles((now) => withFiles(now, more))}
          />
          {files.length > 0 && (
            <ChosenFiles files={files} onRemove={(gone) => setFiles((now) => now.filter((one) => one !== gone))} onRemoveAll={() => setFiles(NO_FILES)} />
          )}
        </Card>
        <Card title={NEW_DATABASE.about}>
          <div className="grid gap-4 sm:grid-cols-2">
            <TextField
              ref={nameBox}
              label={NEW_DATABASE.name}
              hint={NEW_DATABASE.nameHint}
              problem={isProblemTold ? NEW_DATABASE.nameProblem[problem] : undefined}
              value={name}
              required
              autoComplete="off"
              onChange={({ target }) => setTypedName(target.value)}
            />
            <TextArea
              label={NEW_DATABASE.description}
              hint={NEW_DATABASE.descriptionHint}
              rows={2}
              maxLength={2000}
              value={description}
              onChange={({ target }) => setDescription(target.value)}
            />
          </div>
        </Card>
        <Card title={NEW_DATABASE.search} hint={NEW_DATABASE.searchHint}>
          {models.data !== undefined ? (
            <ModelChoice models={models.data} value={model} onValue={setChosenModel} />
          ) : models.error !== null ? (
            <ErrorNote fault={models.error} onRetry={() => void models.refetch()} />
          ) : (
            <SkeletonLines lines={2} className="h-16" />
          )}
        </Card>
        <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-5 lg:grid-cols-[20rem_minmax(0,1fr)]">
          <Card title={NEW_DATABASE.chunks} hint={NEW_DATABASE.chunksHint}>
            <div className="grid gap-5">
              <RangeField
                label={NEW_DATABASE.size}
                hint={NEW_DATABASE.sizeHint}
                shown={NEW_DATABASE.sizeShown(chunkSize)}
                value={chunkSize}
                min={LEAST_CHUNK}
                max={SLIDER_END}
                step={32}
                onValue={setChunkSize}
              />
              <RangeField
                label={NEW_DATABASE.overlap}
                hint={NEW_DATABASE.overlapHint}
                shown={NEW_DATABASE.overlapShown(overlap)}
                value={overlap}
                min={0}
                max={mostOverlap(chunkSize)}
                step={8}
                onValue={setChosenOverlap}
              />
            </div>
          </Card>
          <Card title={NEW_DATABASE.preview}>
            <ChunkPreview files={files} file={shownFile} onFile={setChosenFile} chunking={{ chunkSize, chunkOverlap: overlap }} />
          </Card>
        </div>
        {create.error !== null && !isTaken && <ErrorNote fault={create.error} />}
        <div className="sticky bottom-16 z-20 flex flex-wrap justify-end gap-2 border-t border-line bg-ground py-3 md:bottom-0">
          <ButtonLink href={PAGES.databases}>{NEW_DATABASE.cancel}</ButtonLink>
          <Button type="submit" look="primary" icon="plus" busy={create.isPending || create.isSuccess}>
            {create.isPending || create.isSuccess ? NEW_DATABASE.creating : files.length === 0 ? NEW_DATABASE.create : NEW_DATABASE.createWith(files.length)}
          </Button>
        </div>
      </div>
    </form>
  )
}

/** What the server takes when none is named, if that is ready. */
function usualModel(
  models: { readonly models: readonly { readonly name: string; readonly ready: boolean }[]; readonly default_model: string } | undefined,
): string {
  const usual = models?.default_model ?? NO_MODEL
  return usual === NO_MODEL || models?.models.some(({ name, ready }) => name === usual && ready) === true ? usual : NO_MODEL
}
