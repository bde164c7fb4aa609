import { CHAT } from '../../../strings/chat.ts'
import { Icon } from '../../../ui/icon.tsx'
import type { Found } from './message.ts'

interface NotAnsweredProps {
  readonly nearest: readonly Found[]
  /** Names of the databases that were asked; none where strangers are not told. */
  readonly names: readonly string[]
  readonly onOpen: ((at: number, from: HTMLElement) => void) | undefined
}

/** Says what was searched when the documents hold no answer, and shows the nearest of it. */
export function NotAnswered({ nearest, names, onOpen }: NotAnsweredProps) {
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-2 rounded-lg border border-line bg-surface p-3 text-sm">
      <p className="flex items-start gap-2">
        <Icon name="search" className="mt-0.5 size-4 text-soft" />
        <span>{nearest.length === 0 ? CHAT.searchedNothing(names) : CHAT.searched(nearest.length, names)}</span>
      </p>
      <p className="text-soft">{CHAT.notAnsweredHint}</p>
      {nearest.length > 0 && (
        <details>
          <summary className="min-h-6 font-medium">{CHAT.nearest}</summary>
          <ul className="mt-2 grid grid-cols-[minmax(0,1fr)] gap-2">
            {nearest.map((passage, at) => (
              <li key={`${passage.document_id} ${passage.start}`} className="grid grid-cols-[minmax(0,1fr)] gap-1 border-l-2 border-line pl-3">
                {onOpen === undefined ? (
                  <span className="font-medium">{titleOf(passage)}</span>
                ) : (
                  <button
                    type="button"
                    onClick={(event) => onOpen(at, event.currentTarget)}
                    className="min-h-6 text-left font-medium text-accent underline underline-offset-2"
                  >
                    {titleOf(passage)}
                  </button>
                )}
                <p dir="auto" className="line-clamp-3 text-soft">
                  {passage.text}
                </p>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  )
}

function titleOf({ name, pages, heading_path }: Found): string {
  return [name, pages === null ? undefined : CHAT.pages(pages[0], pages[1]), heading_path.at(-1)].filter((part) => part !== undefined).join(' · ')
}
