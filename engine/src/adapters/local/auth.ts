import { createHash, timingSafeEqual } from 'node:crypto'
import { ALL_SCOPES, type Caller } from '../../domain/caller.ts'
import { AppError } from '../../domain/errors.ts'
import type { Auth } from '../../ports/auth.ts'

/** The owner of this installation, known by one token; may do everything. Only the token's digest is kept. */
export function ownerTokenAuth(token: string, ownerId: string): Auth {
  const expected = digest(token)
  const owner: Caller = { kind: 'user', id: ownerId, ownerId, scopes: new Set(ALL_SCOPES), databaseIds: 'all' }
  return {
    async authenticate({ bearer }) {
      // Digests have one length, so that the comparison takes the same time for every credential, also for none.
      const matches = timingSafeEqual(digest(bearer ?? ''), expected)
      if (bearer === undefined) throw new AppError('auth/required')
      if (!matches) throw new AppError('auth/invalid')
      return owner
    },
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
