import { expect, test } from 'vitest'
import { CALLER, storeWorld } from '../../test/store-world.ts'
import { watchDatabase } from './watch.ts'

test('a job that is claimed between two looks is not taken for done', async () => {
  const stores = storeWorld()
  const { id } = await stores.make()
  await stores.upload(id, 'leave.txt', 'Leave is requested in the portal.')
  const { queue } = stores.world
  let claimed = false
  const world: typeof stores.world = {
    ...stores.world,
    queue: {
      ...queue,
      async jobs(ownerId, page) {
        const found = await queue.jobs(ownerId, page)
        // Right after running jobs were looked for, the waiting one is claimed.
        if (page.state === 'running' && !claimed) {
          claimed = true
          await stores.claim()
        }
        return found
      },
    },
  }
  const database = await world.catalog.databaseById(id)
  const watching = watchDatabase({ world, caller: CALLER, database, pollMs: 1, signal: new AbortController().signal })
  expect((await watching.next()).value).toMatchObject({ event: 'job' })
  await watching.return(undefined)
  await stores.close()
})
