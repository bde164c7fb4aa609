import type { Reply } from 'quarry-engine/client'
import { dateTime } from '../../lib/format.ts'
import { ACCESS } from '../../strings/access.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Icon } from '../../ui/icon.tsx'

const WORDS = ACCESS.chats
export type Publication = Reply<'getPublication'>
const TONES = { open: 'good', expired: 'warn', revoked: 'neutral' } as const

interface PublicationRowProps {
  readonly of: Publication
  readonly onEdit: () => void
  readonly onClose: () => void
}

export function PublicationRow({ of: chat, onEdit, onClose }: PublicationRowProps) {
  const { feedback, origins } = chat
  const facts = [
    WORDS.sources[chat.sources],
    WORDS.keeps(chat.keep_days),
    ...(chat.expires_at === null ? [] : [WORDS.until(dateTime(chat.expires_at))]),
    ...(chat.databases.length > 1 ? [WORDS.others(chat.databases.length - 1)] : []),
    ...(feedback.up + feedback.down > 0 ? [WORDS.rated(feedback.up, feedback.down)] : []),
  ]
  return (
    <li className="py-3">
      <div className="flex flex-wrap items-start justify-between gap-x-3 gap-y-2">
        <div className="min-w-0 grow basis-60">
          <div className="flex flex-wrap items-center gap-2">
            <h3 className="text-sm font-medium">{chat.title}</h3>
            <Badge tone={TONES[chat.state]}>{WORDS.states[chat.state]}</Badge>
          </div>
          <p className="mt-1 text-xs text-soft">{facts.join(' · ')}</p>
        </div>
        {chat.state !== 'revoked' && (
          <div className="flex flex-wrap gap-2">
            <Button small icon="pencil" aria-label={WORDS.edit(chat.title)} onClick={onEdit}>
              {WORDS.editShort}
            </Button>
            <Button small icon="stop" aria-label={WORDS.close(chat.title)} onClick={onClose}>
              {WORDS.closeShort}
            </Button>
          </div>
        )}
      </div>
      {chat.state === 'open' && (
        <div className="mt-2 grid gap-2">
          <div className="flex flex-wrap items-center gap-2 text-sm">
            <a href={chat.page} target="_blank" rel="noreferrer" className="inline-flex min-h-6 min-w-0 items-center gap-1 rounded text-accent hover:underline">
              {WORDS.open}
              <Icon name="external" className="size-3.5" />
            </a>
            <code className="min-w-0 font-mono text-xs text-soft">{chat.page}</code>
            <CopyButton text={chat.page} />
          </div>
          <details className="text-sm">
            <summary className="w-fit rounded py-1 text-soft hover:text-ink">{WORDS.embed}</summary>
            {origins.length === 0 ? (
              <p className="mt-1 text-sm text-soft">{WORDS.noOrigins}</p>
            ) : (
              <div className="mt-1 grid gap-2">
                <p className="text-soft">{WORDS.embedHint(origins.join(', '))}</p>
                <CodeBlock label={WORDS.script} code={chat.script} />
                <CodeBlock label={WORDS.iframe} code={chat.iframe} />
              </div>
            )}
          </details>
        </div>
      )}
    </li>
  )
}
