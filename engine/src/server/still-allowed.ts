import type { World } from '../ports/world.ts'

/**
 * Goes on with a stream as long as what it reads from may be read: whenever a right was taken from anybody, `check` looks
 * anew before the next event is given. The watch of the rights itself knows the caller and the database of the path; this is
 * for databases that are named elsewhere.
 * @param rights as they were before the databases were looked up
 */
export async function* whileAllowed<T>(
  world: Pick<World, 'accounts'>,
  rights: number,
  check: () => Promise<void>,
  events: AsyncIterable<T>,
): AsyncGenerator<T> {
  let known = rights
  for await (const event of events) {
    const now = await world.accounts.rights()
    if (now !== known) await check()
    known = now
    yield event
  }
}
