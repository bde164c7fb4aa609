import type { Account } from '../domain/account.ts'
import type { Caller } from '../domain/caller.ts'
import type { VerifiedToken } from './identity.ts'

/**
 * Says who asks. What the caller may do is decided in one place (`server/access.ts`, by `domain/caller.ts`) before the
 * body is read.
 *
 * Every kind of credential comes in here, and nowhere else: the operator's token, sessions, API keys, visitors, tokens
 * of a provider, tokens signed with the shared secret. Each call looks everything up anew: a right that was taken away
 * is gone with the next call.
 *
 * Errors  AppError `auth/required` without a credential; `auth/invalid` with a wrong, revoked or expired one, one of a
 *         suspended account, or one that may not be used from there. They are told apart by nothing, and take the same time.
 *         `provider/unavailable` for a provider's token while its keys are not known, and those of the stores.
 */
export interface Auth {
  authenticate(presented: Presented): Promise<Caller>
  /**
   * The account of a token that the provider vouches for, whichever way it came in: the first one makes it, groups set its
   * role. @throws auth/invalid when it is suspended, kept out, or the token is from before a sign-out
   */
  accountOf(token: VerifiedToken): Promise<Account>
}

/** What a request shows of itself. */
export interface Presented {
  /** From the header Authorization (Bearer) or X-API-Key, or from the session cookie. */
  readonly credential: string | undefined
  /** A cookie is taken for sessions alone. */
  readonly from: 'header' | 'cookie'
  /** The client's address, as trusted proxies tell it. */
  readonly address: string | undefined
  /** The page that asks, when a browser says so. */
  readonly origin: string | undefined
}
