'use client'
import { setTheme, type Theme, useTheme } from '../../lib/theme.ts'
import { SHELL } from '../../strings/shell.ts'
import { IconButton } from '../../ui/button.tsx'

const CHOICES = [
  { theme: 'system', icon: 'screen' },
  { theme: 'light', icon: 'sun' },
  { theme: 'dark', icon: 'moon' },
] as const satisfies readonly { theme: Theme; icon: string }[]

export function ThemeChoice() {
  const chosen = useTheme()
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset draws a legend, and this is one row of buttons
    <div role="group" aria-label={SHELL.theme} className="flex gap-1">
      {CHOICES.map(({ theme, icon }) => (
        <IconButton key={theme} icon={icon} label={SHELL.themes[theme]} aria-pressed={chosen === theme} onClick={() => setTheme(theme)} />
      ))}
    </div>
  )
}
