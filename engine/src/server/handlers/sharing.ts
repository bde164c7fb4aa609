import type { sharingRoutes } from '../../api/sharing.ts'
import { AppError } from '../../domain/errors.ts'
import { EVERYONE } from '../../ports/catalog.ts'
import type { Handlers, Workshop } from '../handler.ts'
import { presentShare } from '../present-people.ts'
import { personOf } from './people.ts'

export function sharingHandlers({ world }: Workshop): Handlers<keyof typeof sharingRoutes> {
  const { catalog, accounts } = world
  const granteeOf = async (who: string): Promise<string> => (who === EVERYONE ? EVERYONE : (await personOf(accounts, who)).id)
  const known = async (grantee: string) => (grantee === EVERYONE ? undefined : accounts.account(grantee))

  return {
    async listShares({ database }) {
      const shares = await catalog.shares(database.ownerId, database.id)
      return { shares: await Promise.all(shares.map(async (share) => presentShare(share, await known(share.grantee)))) }
    },

    async share({ database, body, note }) {
      const grantee = await granteeOf(body.with)
      note({ level: body.level })
      return presentShare(await catalog.share(database.ownerId, database.id, grantee, body.level), await known(grantee))
    },

    async unshare({ database, parameters, note }) {
      let grantee: string
      try {
        grantee = await granteeOf(parameters.grantee)
      } catch (fault) {
        // Whether there is such an account is not told to who only asks about a share.
        if (fault instanceof AppError && fault.code === 'account/not-found') throw new AppError('share/not-found', { grantee: parameters.grantee })
        throw fault
      }
      await catalog.unshare(database.ownerId, database.id, grantee)
      note({}, grantee)
      return { done: true }
    },
  }
}
