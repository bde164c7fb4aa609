import { filterText, readFilter } from '../../lib/filter-notation.ts'
import { ago, dateTime } from '../../lib/format.ts'
import { ACCESS } from '../../strings/access.ts'
import { Badge } from '../../ui/badge.tsx'
import { Menu } from '../../ui/menu.tsx'
import { endOf, type Key, SCOPES } from './made-key.ts'

const WORDS = ACCESS.keys

interface KeyRowProps {
  readonly of: Key
  readonly database: string
  readonly onRotate: () => void
  readonly onRevoke: () => void
}

export function KeyRow({ of: key, database, onRotate, onRevoke }: KeyRowProps) {
  const end = endOf(key)
  const others = key.databases === 'all' ? 0 : key.databases.filter((id) => id !== database).length
  const facts = [
    key.last_used_at === null ? WORDS.neverUsed : WORDS.usedAgo(ago(key.last_used_at)),
    WORDS.madeAgo(ago(key.created_at)),
    ...(key.expires_at === null || end !== undefined ? [] : [WORDS.expires(dateTime(key.expires_at))]),
    ...(key.databases === 'all' ? [WORDS.allDatabases] : others > 0 ? [WORDS.moreDatabases(others)] : []),
  ]
  return (
    <li className="flex items-start gap-3 py-3">
      <div className="min-w-0 grow">
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <h3 className="text-sm font-medium">{key.name}</h3>
          <code className="font-mono text-xs text-soft">{key.prefix}…</code>
          {end !== undefined && <Badge tone="bad">{WORDS.states[end]}</Badge>}
          {SCOPES.filter((scope) => key.scopes.includes(scope)).map((scope) => (
            <Badge key={scope}>{WORDS.scopes[scope]}</Badge>
          ))}
        </div>
        <p className="mt-1 text-xs text-soft">{facts.join(' · ')}</p>
        {key.filter !== null && (
          <p className="mt-1 text-xs text-soft">
            {WORDS.filter} <code className="font-mono text-ink">{readable(key.filter)}</code>
          </p>
        )}
        {key.origins.length > 0 && (
          <p className="mt-1 text-xs text-soft">
            {WORDS.origins} {key.origins.join(', ')}
          </p>
        )}
        {key.former_secret_until !== null && Date.parse(key.former_secret_until) > Date.now() && (
          <p className="mt-1 text-xs text-warn">{WORDS.formerUntil(dateTime(key.former_secret_until))}</p>
        )}
      </div>
      {end === undefined && (
        <Menu
          label={WORDS.menu(key.name)}
          entries={[
            { label: WORDS.rotate, icon: 'refresh', onSelect: onRotate },
            { label: WORDS.revoke, icon: 'trash', danger: true, onSelect: onRevoke },
          ]}
        />
      )}
    </li>
  )
}

/** The filter as people write it; as it is stored when a newer server knows more of them. */
function readable(filter: string): string {
  try {
    return filterText(readFilter(filter))
  } catch {
    return filter
  }
}
