import { expect, test } from 'vitest'
import { authContract } from '../../ports/auth.contract.ts'
import { ownerTokenAuth } from './auth.ts'

const TOKEN = 'aB3_aB3_aB3_aB3_aB3_aB3_aB3_aB3_x'

authContract('owner token', async () => ({ auth: ownerTokenAuth(TOKEN, 'owner'), bearer: TOKEN, ownerId: 'owner' }))

test('the token cannot be read back from what was made of it', () => {
  expect(JSON.stringify(ownerTokenAuth(TOKEN, 'owner'))).not.toContain(TOKEN)
})
