'use client'
import { useState } from 'react'
import { useCall } from '../../lib/api.ts'
import { SIGN_IN } from '../../strings/sign-in.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { SkeletonLines } from '../../ui/skeleton.tsx'
import type { Ticket } from '../shell/gate.tsx'
import { EntryFrame } from './entry-frame.tsx'
import { ForgottenForm } from './forgotten-form.tsx'
import { JoinForm } from './join-form.tsx'
import { ResetForm } from './reset-form.tsx'
import { SignInForm } from './sign-in-form.tsx'
import { Unclaimed } from './unclaimed.tsx'

export interface SignInProps {
  readonly ticket: Ticket | undefined
  readonly onSignedIn: () => void
  readonly onLeaveTicket: () => void
}

/** The ways in: with a link (claim, invitation, reset) or with an account. */
export function SignInScreen({ ticket, onSignedIn, onLeaveTicket }: SignInProps) {
  if (ticket === undefined) return <WithAccount onSignedIn={onSignedIn} />
  const leave = <LeaveTicket onLeave={onLeaveTicket} />
  if (ticket.kind === 'reset') return <ResetForm key={ticket.value} ticket={ticket.value} onDone={onSignedIn} leave={leave} />
  return <JoinForm key={ticket.value} kind={ticket.kind} ticket={ticket.value} onSignedIn={onSignedIn} leave={leave} />
}

function LeaveTicket({ onLeave }: { readonly onLeave: () => void }) {
  return (
    <Button look="quiet" className="w-full" onClick={onLeave}>
      {SIGN_IN.leaveTicket}
    </Button>
  )
}

function WithAccount({ onSignedIn }: { readonly onSignedIn: () => void }) {
  const [email, setEmail] = useState('')
  const [hasForgotten, setForgotten] = useState(false)
  const { data: server, error, refetch, isFetching } = useCall('serverInfo', {})
  if (server === undefined) {
    return (
      <EntryFrame title={SIGN_IN.title}>
        {error === null ? <SkeletonLines lines={3} className="h-12" /> : <ErrorNote fault={error} onRetry={() => void refetch()} />}
      </EntryFrame>
    )
  }
  if (!server.claimed) return <Unclaimed isAsking={isFetching} onAskAgain={() => refetch().then((asked) => asked.data?.claimed === true)} />
  if (hasForgotten) return <ForgottenForm email={email} onEmail={setEmail} onBack={() => setForgotten(false)} />
  return <SignInForm ways={server.sign_in} email={email} onEmail={setEmail} onSignedIn={onSignedIn} onForgot={() => setForgotten(true)} />
}
