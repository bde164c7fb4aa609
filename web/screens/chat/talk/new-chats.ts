import { readDraft, writeDraft } from './drafts.ts'

// Names of conversations that are not there yet, one after the other; the last stays the last when the page is loaded again.

const numberOf = (owner: string): number => Number(readDraft(`${owner}:fresh`)) || 1

/** The one that the next question begins, unless it is being asked already. */
export const newChat = (owner: string): string => `new-${numberOf(owner)}`

/** The former new one goes on under its name. */
export function anotherNewChat(owner: string): string {
  writeDraft(`${owner}:fresh`, String(numberOf(owner) + 1))
  return newChat(owner)
}

export const isNewChat = (name: string): boolean => /^new-\d+$/.test(name)
