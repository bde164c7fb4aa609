import { AppError } from '../domain/errors.ts'
import type { Catalog } from '../ports/catalog.ts'

export interface Answered {
  readonly status: number
  readonly body: string
}

export type Once = (
  request: { readonly ownerId: string; readonly key: string; fingerprint(): Promise<string> },
  work: () => Promise<Answered>,
) => Promise<Answered & { readonly replayed: boolean }>

/**
 * Does the work of an Idempotency-Key once and gives the same reply for a day. Two requests with one key at the same
 * time: the second waits. A failed request is not remembered: it changed nothing, so it may be tried again.
 * @throws request/idempotency-conflict when the key was used for another request
 */
export function onceByKey(catalog: Pick<Catalog, 'recall' | 'remember'>): Once {
  const running = new Map<string, Promise<unknown>>()
  return async ({ ownerId, key, fingerprint }, work) => {
    const name = `${ownerId}\n${key}`
    for (let before = running.get(name); before !== undefined; before = running.get(name)) await before
    const turn = run()
    const settled = turn.then(
      () => undefined,
      () => undefined, // the one whose turn it is hears of the fault; those who wait only need the end
    )
    running.set(name, settled)
    try {
      return await turn
    } finally {
      running.delete(name)
    }

    async function run() {
      const earlier = await catalog.recall(ownerId, key)
      if (earlier !== undefined) {
        if ((await fingerprint()) !== earlier.fingerprint) throw new AppError('request/idempotency-conflict')
        return { status: earlier.status, body: earlier.body, replayed: true }
      }
      const answered = await work()
      await catalog.remember(ownerId, key, { fingerprint: await fingerprint(), ...answered })
      return { ...answered, replayed: false }
    }
  }
}
