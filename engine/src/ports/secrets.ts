import type { SecretParts } from '../domain/api-key.ts'

/** Makes and checks what is handed out: 256 random bits each, of which only the digest is kept. */
export interface Secrets {
  /** A new secret, as the holder gets it and as it is stored; `id` when a known one gets a new secret. */
  make(prefix: string, id?: string): { readonly text: string; readonly id: string; readonly secretHash: string }
  /** sha256 in lower-case hex of the secret part. */
  digest(parts: SecretParts): string
  /** Takes the same time wherever they differ. */
  matches(parts: SecretParts, secretHash: string): boolean
  /** A visitor's session, signed with this server's own key. */
  signVisitor(visitor: VisitorToken): Promise<string>
  /** Undefined for whatever this server did not sign, or whose time is over. */
  readVisitor(text: string): Promise<VisitorToken | undefined>
  /** What a browser carries to the sign-in provider and back, signed so that nobody else can make one. */
  sign(purpose: string, facts: Readonly<Record<string, string>>, expiresAt: number): Promise<string>
  readSigned(purpose: string, text: string): Promise<Readonly<Record<string, string>> | undefined>
  /**
   * Encrypts what must be read again, such as a key of a provider, so that a copy of the store alone tells nothing of it. It opens
   * only for the same purpose and the same `about`, which is kept beside it in clear.
   */
  seal(purpose: string, about: string, text: string): string
  /** Undefined for whatever this server did not seal, for this purpose and about this. */
  unseal(purpose: string, about: string, sealed: string): string | undefined
}

/** Times are kept to the second. */
export interface VisitorToken {
  readonly visitorId: string
  readonly publicationId: string
  /** Epoch ms. */
  readonly issuedAt: number
  readonly expiresAt: number
}
