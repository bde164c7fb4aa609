import { useSyncExternalStore } from 'react'

/** Read by public/first.js too. */
const KEY = 'quarry-theme'

export type Theme = 'system' | 'light' | 'dark'
const CHANGED = 'quarry-theme-changed'

/** Where storage is closed, as in frames and private windows, the choice lasts as long as the page. */
let chosen: Theme | undefined

function stored(): Theme {
  if (chosen !== undefined) return chosen
  try {
    const value = localStorage.getItem(KEY)
    return value === 'light' || value === 'dark' ? value : 'system'
  } catch {
    return 'system'
  }
}

function applyTheme(): void {
  const theme = stored()
  document.documentElement.classList.toggle('dark', theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches))
}

export function setTheme(theme: Theme): void {
  try {
    if (theme === 'system') localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, theme)
  } catch {
    chosen = theme
  }
  dispatchEvent(new Event(CHANGED))
}

/** Follows the choice, other tabs and the system. */
export function useTheme(): Theme {
  return useSyncExternalStore(
    (changed) => {
      const apply = () => {
        applyTheme()
        changed()
      }
      const system = matchMedia('(prefers-color-scheme: dark)')
      addEventListener('storage', apply)
      addEventListener(CHANGED, apply)
      system.addEventListener('change', apply)
      return () => {
        removeEventListener('storage', apply)
        removeEventListener(CHANGED, apply)
        system.removeEventListener('change', apply)
      }
    },
    stored,
    () => 'system',
  )
}
