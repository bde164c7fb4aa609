import { forgetIngestions } from './ingestions.ts'
import { uploads } from './uploads.ts'

/** The same person as before has signed in again: what waited for that is sent. */
export function resumeAfterSignIn(): void {
  uploads.resumeAfterSignIn()
}

/** Signed out, or somebody else signed in: no file is sent or shown any more. */
export function forgetUploads(): void {
  uploads.forget()
  forgetIngestions()
}
