import { numberAt } from './chat-wire.ts'

/** What a provider counted; undefined for anything but a whole number from 1: servers that do not count say 0. */
export function countAt(value: unknown, name: string): number | undefined {
  const found = numberAt(value, name)
  return found !== undefined && Number.isSafeInteger(found) && found > 0 ? found : undefined
}
