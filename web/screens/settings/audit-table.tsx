import type { Reply } from 'quarry-engine/client'
import { dateTime, number } from '../../lib/format.ts'
import { AUDIT } from '../../strings/settings.ts'
import { CELL, HEAD, TableBox } from './table.tsx'

type Entry = Reply<'audit'>['entries'][number]

interface Props {
  readonly entries: readonly Entry[]
  /** Names of people by the id of their account. */
  readonly names: ReadonlyMap<string, string>
  readonly onAction: (action: string) => void
  readonly onActor: (actor: string) => void
}

const KINDS: Readonly<Record<string, string>> = AUDIT.kinds
const LINK = 'min-h-6 rounded text-left underline decoration-line-strong underline-offset-2 hover:text-accent'
const HEADS = [AUDIT.entry, AUDIT.at, AUDIT.action, AUDIT.actor, AUDIT.target, AUDIT.address, AUDIT.facts]

export function AuditTable({ entries, names, onAction, onActor }: Props) {
  const named = (id: string) => names.get(id) ?? id
  return (
    <TableBox label={AUDIT.title}>
      <thead>
        <tr>
          {HEADS.map((head) => (
            <th key={head} scope="col" className={HEAD}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody className="divide-y divide-line">
        {entries.map(({ seq, at, action, actor_kind, actor_id, target, address, facts, hash }) => (
          <tr key={seq}>
            <th scope="row" className={`${CELL} text-left font-normal tabular-nums text-soft`} title={`${AUDIT.hash} ${hash}`}>
              {number(seq)}
            </th>
            <td className={`${CELL} whitespace-nowrap`}>
              <time dateTime={at}>{dateTime(at)}</time>
            </td>
            <td className={`${CELL} whitespace-nowrap`}>
              <button type="button" className={`${LINK} font-mono text-[13px]`} title={AUDIT.onlyThis(action)} onClick={() => onAction(action)}>
                {action}
              </button>
            </td>
            <td className={CELL}>
              <span className="block whitespace-nowrap text-xs text-soft">{KINDS[actor_kind] ?? actor_kind}</span>
              {actor_id !== null && (
                <button type="button" className={LINK} title={AUDIT.onlyThis(actor_id)} onClick={() => onActor(actor_id)}>
                  {named(actor_id)}
                </button>
              )}
            </td>
            <td className={`${CELL} min-w-36 max-w-52 text-[13px]`}>{target === null ? '' : named(target)}</td>
            <td className={`${CELL} whitespace-nowrap font-mono text-[13px]`}>{address}</td>
            <td className={`${CELL} min-w-40 text-[13px] text-soft`}>
              {Object.entries(facts).map(([name, value]) => (
                <span key={name} className="block">
                  {name}: {String(value)}
                </span>
              ))}
            </td>
          </tr>
        ))}
      </tbody>
    </TableBox>
  )
}
