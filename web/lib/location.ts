import { usePathname } from 'next/navigation'
import { useSyncExternalStore } from 'react'

const never = () => () => undefined

/**
 * The parts of the address that the browser shows, decoded; empty before the page runs. Pages of one database are built
 * once, with a placeholder for its id, so that parameters of the router would be the placeholder.
 */
export function usePathParts(): readonly string[] {
  const runs = useSyncExternalStore(
    never,
    () => true,
    () => false,
  )
  const path = usePathname()
  return runs
    ? path
        .split('/')
        .filter((part) => part !== '')
        .map(decoded)
    : []
}

/** The part behind `name`: useIdAfter('databases') at /databases/db_1/usage/ is db_1; undefined where there is none. */
export function useIdAfter(name: string): string | undefined {
  const parts = usePathParts()
  const at = parts.indexOf(name)
  return at === -1 ? undefined : parts[at + 1]
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
