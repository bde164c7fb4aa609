import type { Caller } from '../domain/caller.ts'

/**
 * Says who asks. What the caller may do is decided in one place (`domain/caller.ts`, called by the server) before
 * the body is read.
 *
 * Errors  AppError `auth/required` without a credential, `auth/invalid` with a wrong one. Both take the same time.
 */
export interface Auth {
  authenticate(credential: { readonly bearer: string | undefined }): Promise<Caller>
}
