import type { Reply } from 'quarry-engine/client'

export type User = Reply<'listUsers'>['users'][number]
export const whoIs = ({ name, email, id }: Pick<User, 'name' | 'email' | 'id'>): string => name ?? email ?? id
/** Deliberately loose: whether an address exists only a letter to it can tell. */
export const isAddress = (text: string): boolean => /^[^\s@]+@[^\s@]+$/.test(text)
