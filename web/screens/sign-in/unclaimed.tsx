'use client'
import { useState } from 'react'
import { SIGN_IN } from '../../strings/sign-in.ts'
import { Button } from '../../ui/button.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import { EntryFrame } from './entry-frame.tsx'

/** Nobody can sign in before somebody owns the server: says where the link to claim it is. */
export function Unclaimed({ isAsking, onAskAgain }: { readonly isAsking: boolean; readonly onAskAgain: () => Promise<boolean> }) {
  const [isStill, setStill] = useState(false)
  return (
    <EntryFrame title={SIGN_IN.unclaimed.title}>
      <div className="grid gap-3 text-sm">
        <p>{SIGN_IN.unclaimed.first}</p>
        <p className="rounded-lg bg-sunken p-3 font-mono text-[13px]">{SIGN_IN.unclaimed.linkExample(location.origin)}</p>
        <p>{SIGN_IN.unclaimed.second}</p>
        <CodeBlock label={SIGN_IN.unclaimed.command} code={SIGN_IN.unclaimed.commandText} />
        <Button icon="refresh" busy={isAsking} onClick={() => void onAskAgain().then((isClaimed) => setStill(!isClaimed))}>
          {SIGN_IN.unclaimed.again}
        </Button>
        <p role="status" className="text-center text-soft">
          {isStill && !isAsking && SIGN_IN.unclaimed.still}
        </p>
      </div>
    </EntryFrame>
  )
}
