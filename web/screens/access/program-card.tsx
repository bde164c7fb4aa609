import { useState } from 'react'
import { API_ADDRESS, useCall } from '../../lib/api.ts'
import { ACCESS } from '../../strings/access.ts'
import { Card } from '../../ui/card.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Segments } from '../../ui/segments.tsx'
import type { MadeKey } from './made-key.ts'
import { DEEDS, type Deed, LANGUAGES, type Language, snippet } from './snippets.ts'

const WORDS = ACCESS.program

/** Programs that search or ask this database, ready to be pasted. */
export function ProgramCard({ database, made }: { readonly database: string; readonly made: MadeKey | undefined }) {
  const [language, setLanguage] = useState<Language>('curl')
  const [deed, setDeed] = useState<Deed>('query')
  const { data } = useCall('suggestions', { parameters: { database }, query: { n: 1 } }, { staleTime: 300_000 })
  const address = API_ADDRESS === '' ? location.origin : API_ADDRESS
  const fits = made?.key.scopes.includes(deed) === true
  const code = snippet(language, deed, { address, database, question: data?.suggestions[0] ?? WORDS.question, key: fits ? made.secret : undefined })
  return (
    <Card title={WORDS.title} hint={WORDS.hint}>
      <div className="mb-3 flex flex-wrap gap-3">
        <Segments label={WORDS.deed} value={deed} options={DEEDS.map((value) => ({ value, label: WORDS.deeds[value] }))} onValue={setDeed} />
        <Segments
          label={WORDS.language}
          value={language}
          options={LANGUAGES.map((value) => ({ value, label: WORDS.languages[value] }))}
          onValue={setLanguage}
        />
      </div>
      <p role="status" className={`mb-3 text-sm ${fits ? 'text-warn' : 'text-soft'}`}>
        {fits ? WORDS.withKey : made === undefined ? WORDS.withoutKey : WORDS.scopeMissing}
      </p>
      <CodeBlock label={WORDS.languages[language]} code={code} />
      <a
        href={`${API_ADDRESS}/api/docs`}
        target="_blank"
        rel="noreferrer"
        className="mt-3 inline-flex min-h-6 items-center gap-1 rounded text-sm text-accent hover:underline"
      >
        {WORDS.reference}
        <Icon name="external" className="size-3.5" />
      </a>
    </Card>
  )
}
