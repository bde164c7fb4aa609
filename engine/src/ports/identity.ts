import type { ProviderIdentity } from '../domain/account.ts'

/**
 * A provider of OpenID Connect, found by discovery.
 *
 * Checks   offline against its key set: algorithm pinned to what the provider announces (never `none`, never HMAC), issuer,
 *          audience or client id, token use, times with at most 60 s of skew, required `exp`, `iat` and `sub`.
 * Refresh  an unknown key id asks for the key set again at most once every 30 s; while the provider cannot be reached the
 *          last good set goes on to count for a day.
 * Errors   AppError `auth/invalid` for a token that does not pass, `provider/unavailable` when there never was a key set.
 */
export interface IdentityProvider {
  /** For people: the host of the issuer. */
  readonly name: string
  readonly issuer: string
  /** Checks an access or an id token. */
  verify(token: string): Promise<VerifiedToken>
  /** Where a browser goes to sign in (authorisation code with PKCE, state and nonce), and what to keep until it comes back. */
  begin(redirectUri: string): Promise<{ readonly url: string; readonly pending: PendingSignIn }>
  /** Ends a sign-in. `query` is that of the address that the browser came back to. @throws auth/invalid, provider/unavailable */
  finish(redirectUri: string, query: Readonly<Record<string, string>>, pending: PendingSignIn): Promise<VerifiedToken>
}

export interface PendingSignIn {
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
}

export interface VerifiedToken {
  readonly identity: ProviderIdentity
  readonly use: 'access' | 'id'
  /** Only when the provider says that it is verified. */
  readonly email: string | undefined
  readonly name: string | undefined
  /** Undefined: the token tells nothing about groups, which is not the same as being in none. */
  readonly groups: readonly string[] | undefined
  /** Epoch ms. */
  readonly issuedAt: number
  readonly expiresAt: number
}

/** Checks tokens that machines signed with the secret they share with this server (HMAC). */
export interface SharedSecretTokens {
  /** @throws auth/invalid */
  verify(token: string): Promise<SharedSecretToken>
}

export interface SharedSecretToken {
  /** Id or e-mail address of the account that it acts for. */
  readonly subject: string
  /** Undefined: all that the account may. */
  readonly scopes: readonly string[] | undefined
  readonly databaseIds: readonly string[] | undefined
  readonly issuedAt: number
  readonly expiresAt: number
}
