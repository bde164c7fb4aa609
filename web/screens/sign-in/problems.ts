import { AppError } from 'quarry-engine/client'
import { number } from '../../lib/format.ts'
import { SIGN_IN } from '../../strings/sign-in.ts'
import { LEAST_PASSWORD_LENGTH } from '../../ui/password-field.tsx'

/** What is wrong with which field; `other` belongs to none. */
export interface Problems {
  readonly email?: string
  readonly password?: string
  readonly other?: unknown
}

const ADDRESS = /^[^\s@]+@[^\s@]+$/

/** What can be told before anything is sent; whether an address exists only the server knows. */
export const emailProblem = (email: string): string | undefined => (ADDRESS.test(email.trim()) ? undefined : SIGN_IN.problems.email)
export const newPasswordProblem = (password: string): string | undefined =>
  password.length >= LEAST_PASSWORD_LENGTH ? undefined : SIGN_IN.problems.short(number(LEAST_PASSWORD_LENGTH))

/** Leaves out what is no problem; undefined when nothing is left. */
export function foundProblems(found: { readonly email?: string | undefined; readonly password?: string | undefined }): Problems | undefined {
  if (found.email === undefined && found.password === undefined) return undefined
  return { ...(found.email === undefined ? {} : { email: found.email }), ...(found.password === undefined ? {} : { password: found.password }) }
}

/** Puts what the server said beside the field that it is about. */
export function problemsOf(fault: unknown): Problems {
  if (fault instanceof AppError) {
    const { code, facts } = fault
    if (code === 'auth/wrong-password') return { password: SIGN_IN.problems.wrong }
    if (code === 'account/weak-password')
      return { password: SIGN_IN.problems.weak(typeof facts.reason === 'string' ? facts.reason : SIGN_IN.problems.weakReason) }
    if (code === 'account/exists') return { email: SIGN_IN.problems.taken, other: fault }
  }
  return { other: fault }
}
