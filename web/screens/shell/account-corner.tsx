'use client'
import { useMe } from '../../lib/session.ts'
import { useSignOut } from '../../lib/sign-out.ts'
import { SHELL } from '../../strings/shell.ts'
import { Button } from '../../ui/button.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import { ThemeChoice } from './theme-choice.tsx'

/** Who is signed in, the colours, and the way out. */
export function AccountCorner() {
  const { account } = useMe()
  const { busy, signOut } = useSignOut(useToasts().fail)
  const who = account.name ?? account.email ?? SHELL.operator
  return (
    <div className="mt-auto grid gap-2">
      <ThemeChoice />
      <p className="truncate px-1 text-xs text-soft" title={who}>
        {SHELL.signedInAs(who)}
      </p>
      <Button small icon="signOut" busy={busy} onClick={signOut}>
        {SHELL.signOut}
      </Button>
    </div>
  )
}
