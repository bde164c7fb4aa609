import type { KeyboardEvent } from 'react'

/** As the server takes them. */
export const MOST_LETTERS = 4000

/** Enter, but not while a word is being composed, and not with Shift. */
export function sendsByKey(event: KeyboardEvent): boolean {
  return event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing
}
