'use client'
import { useQueryClient } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import { type ReactNode, useEffect, useState } from 'react'
import { api, keyOf } from '../../lib/api.ts'
import { SessionProvider, useSession } from '../../lib/session.ts'
import { onSessionEnd } from '../../lib/session-end.ts'
import { startAnew } from '../../lib/sign-out.ts'
import { ErrorNote } from '../../ui/error-note.tsx'
import { AppShell } from './app-shell.tsx'
import { ShellSkeleton } from './shell-skeleton.tsx'

const SignInScreen = dynamic(() => import('../sign-in/sign-in-screen.tsx').then((file) => file.SignInScreen), { loading: () => <ShellSkeleton /> })

/** Links of claims, invitations and resets carry their ticket in the fragment; they are looked at before any session. */
const TICKETS = ['claim', 'invitation', 'reset'] as const
export type Ticket = { readonly kind: (typeof TICKETS)[number]; readonly value: string }

function ticketOf(fragment: string): Ticket | undefined {
  const given = new URLSearchParams(fragment.slice(1))
  const kind = TICKETS.find((name) => given.has(name))
  return kind === undefined ? undefined : { kind, value: given.get(kind) ?? '' }
}

/** Whose the tab is: uploads and answers go on when the same person signs in again. */
let lastAccount: string | undefined

/** Shows the app to who is signed in, and the way in to everybody else; the address stays, so that one arrives where one wanted. */
export function Gate({ children }: { readonly children: ReactNode }) {
  const queries = useQueryClient()
  const [ticket, setTicket] = useState<Ticket>()
  const { me, signedOut, error, retry } = useSession()

  useEffect(() => {
    const take = () => {
      const found = ticketOf(location.hash)
      if (found === undefined) return
      // Out of the address at once: it counts once and should not stay in the history.
      history.replaceState(history.state, '', location.pathname + location.search)
      setTicket(found)
    }
    take()
    addEventListener('hashchange', take)
    return () => removeEventListener('hashchange', take)
  }, [])
  useEffect(
    () =>
      onSessionEnd(() => {
        // Asked once: its own refusal comes through here too.
        const known = queries.getQueryState(keyOf('whoAmI', {}))
        if (known?.data === undefined || known.error !== null || known.fetchStatus !== 'idle') return
        void queries.invalidateQueries({ queryKey: keyOf('whoAmI') }, { cancelRefetch: false })
      }),
    [queries],
  )

  useEffect(() => {
    if (me !== undefined) lastAccount = me.account.id
  }, [me])

  if (ticket !== undefined || signedOut) {
    const enter = async () => {
      setTicket(undefined)
      const account = await api.call('whoAmI', {}).then(
        (told) => told.account.id,
        () => undefined, // told by the gate itself, which asks again
      )
      const uploads = await import('../ingestion/account.ts')
      if (lastAccount !== undefined && account !== undefined && lastAccount !== account) {
        // What the tab still holds is of somebody else.
        uploads.forgetUploads()
        return startAnew()
      }
      uploads.resumeAfterSignIn()
      queries.clear()
      retry()
    }
    return <SignInScreen ticket={ticket} onSignedIn={() => void enter()} onLeaveTicket={() => setTicket(undefined)} />
  }
  if (me !== undefined) {
    return (
      <SessionProvider value={me}>
        <AppShell>{children}</AppShell>
      </SessionProvider>
    )
  }
  if (error !== null) {
    return (
      <main className="mx-auto max-w-xl p-6">
        <ErrorNote fault={error} onRetry={retry} />
      </main>
    )
  }
  return <ShellSkeleton />
}
