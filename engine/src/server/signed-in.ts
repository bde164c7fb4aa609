import type { SignedIn } from '../flows/accounts.ts'
import type { Client } from './client.ts'
import { iso } from './present.ts'
import { presentAccount } from './present-people.ts'

/** Hands a new session over: in the reply for programs, in a cookie for browsers. @throws auth/foreign-origin */
export function handOver({ account, session, text }: SignedIn, transport: 'token' | 'cookie', client: Client) {
  if (transport === 'cookie') client.setSession({ text, expiresAt: session.expiresAt })
  return { account: presentAccount(account), token: transport === 'cookie' ? null : text, expires_at: iso(session.expiresAt) }
}
