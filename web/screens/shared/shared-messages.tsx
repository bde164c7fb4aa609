'use client'
import type { Reply } from 'quarry-engine/client'
import { useState } from 'react'
import { CHAT } from '../../strings/chat.ts'
import { AnswerText } from '../../ui/answer-text.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { AnswerSources } from '../chat/talk/answer-sources.tsx'
import { copiedText } from '../chat/talk/copied-text.ts'
import type { ShownSource } from '../chat/talk/open-source.ts'
import { SourcePanel } from '../chat/talk/source-panel.tsx'
import { useOpenSource } from '../chat/talk/use-open-source.ts'

type SharedMessage = Reply<'openLink'>['messages'][number]

/** Questions and answers to be read; a mark shows its quote. */
export function SharedMessages({ messages }: { readonly messages: readonly SharedMessage[] }) {
  const [keyed] = useState(() => messages.map((message, at) => ({ key: `message-${at}`, message })))
  const { open, openFrom, move, close } = useOpenSource()
  const source = open === undefined || !('number' in open) ? undefined : quoted(keyed.find(({ key }) => key === open.item)?.message, open.item, open.number)
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-5 pb-8">
      {keyed.map(({ key, message }) =>
        message.role === 'user' ? (
          <h2
            key={key}
            dir="auto"
            className="max-w-[85%] justify-self-end whitespace-pre-wrap rounded-2xl rounded-br-md bg-accent-soft px-4 py-2.5 font-normal"
          >
            <span className="sr-only">{CHAT.you}: </span>
            {message.text}
          </h2>
        ) : (
          <SharedAnswer
            key={key}
            message={message}
            openNumber={open?.item === key && 'number' in open ? open.number : undefined}
            onCite={(number, from) => openFrom({ item: key, number }, from)}
          />
        ),
      )}
      {source !== undefined && (
        <SourcePanel source={source} isWide={false} onMove={move} onClose={close}>
          {undefined}
        </SourcePanel>
      )}
    </div>
  )
}

interface SharedAnswerProps {
  readonly message: SharedMessage
  readonly openNumber: number | undefined
  readonly onCite: (number: number, from: HTMLElement) => void
}

function SharedAnswer({ message: { text, citations, sentences }, openNumber, onCite }: SharedAnswerProps) {
  return (
    <article aria-label={CHAT.answer} className="grid grid-cols-[minmax(0,1fr)] gap-3">
      <AnswerText text={text} citations={citations} onCite={onCite} openNumber={openNumber} sentences={sentences} />
      <AnswerSources citations={citations} openNumber={openNumber} onCite={onCite} />
      <div>
        <CopyButton text={copiedText(text, citations)} />
      </div>
    </article>
  )
}

function quoted(message: SharedMessage | undefined, item: string, wanted: number): ShownSource | undefined {
  const citations = message?.citations.toSorted((a, b) => a.number - b.number) ?? []
  const at = citations.findIndex(({ number }) => number === wanted)
  const found = citations[at]
  if (found === undefined) return undefined
  const { name, page, heading_path: headingPath, quote, verdict, reason, number } = found
  const [before, after] = [citations[at - 1], citations[at + 1]]
  return {
    ...{ name, page, headingPath, quote, verdict, reason, number, place: undefined },
    before: before === undefined ? undefined : { item, number: before.number },
    after: after === undefined ? undefined : { item, number: after.number },
  }
}
