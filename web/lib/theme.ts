import { useSyncExternalStore } from 'react'

/** Read by public/first.js too. */
const KEY = 'quarry-theme'

export type Theme = 'system' | 'light' | 'dark'
const CHANGED = 'quarry-theme-changed'

function stored(): Theme {
  try {
    const value = localStorage.getItem(KEY)
    return value === 'light' || value === 'dark' ? value : 'system'
  } catch {
    return 'system' // storage may be closed to frames and private windows
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
    // it then lasts as long as the page
    document.documentElement.classList.toggle('dark', theme === 'dark')
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
