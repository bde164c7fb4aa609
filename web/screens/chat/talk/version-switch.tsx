import { CHAT } from '../../../strings/chat.ts'
import { IconButton } from '../../../ui/button.tsx'

interface VersionSwitchProps {
  readonly id: string | undefined
  readonly versions: readonly string[]
  readonly disabled: boolean
  readonly onShow: (id: string) => void
}

/** Goes through the versions of a message: "2 / 3". Nothing where there is only one. */
export function VersionSwitch({ id, versions, disabled, onShow }: VersionSwitchProps) {
  const at = id === undefined ? -1 : versions.indexOf(id)
  if (at === -1 || versions.length < 2) return null
  const go = (to: number) => {
    const wanted = versions[to]
    if (wanted !== undefined && !disabled) onShow(wanted)
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset draws a legend, and these are two arrows
    <div role="group" data-versions={id} aria-label={CHAT.versionTold(at + 1, versions.length)} className="inline-flex items-center text-xs text-soft">
      <IconButton
        icon="left"
        label={CHAT.earlierVersion}
        aria-disabled={at === 0 || disabled}
        onClick={() => go(at - 1)}
        className="aria-disabled:opacity-40"
      />
      <span aria-hidden="true" className="tabular-nums">
        {CHAT.version(at + 1, versions.length)}
      </span>
      <IconButton
        icon="right"
        label={CHAT.laterVersion}
        aria-disabled={at === versions.length - 1 || disabled}
        onClick={() => go(at + 1)}
        className="aria-disabled:opacity-40"
      />
    </div>
  )
}
