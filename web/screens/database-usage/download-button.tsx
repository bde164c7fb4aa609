import { useMutation } from '@tanstack/react-query'
import type { Input } from 'quarry-engine/client'
import { api } from '../../lib/api.ts'
import { saveFile } from '../../lib/save-file.ts'
import { DATABASE_USAGE } from '../../strings/database-usage.ts'
import { Button } from '../../ui/button.tsx'
import { useToasts } from '../../ui/toasts.tsx'

interface DownloadButtonProps {
  readonly query: NonNullable<Input<'usageCsv'>['query']>
  /** Of the database, for the name of the file. */
  readonly name: string
}

/** Saves the report as a file for a spreadsheet. */
export function DownloadButton({ query, name }: DownloadButtonProps) {
  const toasts = useToasts()
  const save = useMutation({
    mutationFn: async () => {
      const file = `${name.replace(/[^\p{L}\p{N}._-]+/gu, '-')}-usage-${query.from}.csv`
      await saveFile(await api.download('usageCsv', { query }), file, 'text/csv')
    },
    onError: toasts.fail,
  })
  return (
    <Button icon="download" busy={save.isPending} onClick={() => save.mutate()}>
      {DATABASE_USAGE.csv}
    </Button>
  )
}
